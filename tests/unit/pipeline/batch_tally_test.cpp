#include "pipeline/batch_tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>

#include "base/log.h"

namespace loom::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Batches of one topic whose messages all became dead letters.
class DeadLettersToldTest : public ::testing::Test {
 protected:
  DeadLettersToldTest() : before_(spdlog::default_logger()) {
    log::tell_repeats(true);  // of the test before
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)));
  }
  ~DeadLettersToldTest() override { spdlog::set_default_logger(before_); }

  /// A message for each of these reasons, all stored by one transaction. Returns what the log says then.
  std::string store(const std::vector<RejectReason>& reasons) {
    batch::Batch batch;
    batch.topic = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    for (const RejectReason reason : reasons) {
      const auto index = static_cast<std::uint32_t>(batch.messages.size());
      batch.messages.emplace_back().offset = ++offset_;
      batch.rejected.push_back({index, {reason, "example " + std::to_string(offset_), ""}, batch::InTopic::no});
    }
    const StoredPart part(batch);
    count_stored(counters_, topic_, part, nullptr, 1'000'000);
    tell_dead_letters(topic_, part);
    std::string said = out_.str();
    out_.str("");
    return said;
  }

  Counters counters_;
  TopicCounters topic_;
  std::int64_t offset_ = 0;

 private:
  std::ostringstream out_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(DeadLettersToldTest, EachNewReasonIsToldAtOnceAndTheOthersAreHeldBack) {
  const std::string first = store({RejectReason::tombstone, RejectReason::invalid_json, RejectReason::invalid_json});
  EXPECT_THAT(first, HasSubstr("1 of 3 messages became a dead letter, the first of this topic with reason tombstone: "
                               "example 1\n"));
  EXPECT_THAT(first, HasSubstr("2 of 3 messages became dead letters, the first of this topic with reason invalid_json: "
                               "example 2\n"));
  EXPECT_THAT(first, Not(HasSubstr("this one"))) << "nothing is said twice";
  EXPECT_THAT(store({RejectReason::tombstone, RejectReason::invalid_json}),
              HasSubstr("2 of 2 messages became dead letters; this one: example 4\n"));
  EXPECT_EQ(store({RejectReason::tombstone}), "") << "held back for ten seconds";
  EXPECT_THAT(store({RejectReason::tombstone, RejectReason::out_of_range}),
              HasSubstr("1 of 2 messages became a dead letter, the first of this topic with reason out_of_range"))
      << "right among them";
}

TEST_F(DeadLettersToldTest, EachReasonOfABatchHasItsNewestExample) {
  store({RejectReason::conversion_failed, RejectReason::tombstone, RejectReason::conversion_failed,
         RejectReason::check_violation, RejectReason::tombstone});
  std::string examples;
  for (const auto& one : topic_.examples()) examples += std::string(to_string(one.reason)) + ": " + one.message + "\n";
  EXPECT_EQ(examples, "tombstone: example 5\nconversion_failed: example 3\ncheck_violation: example 4\n");
}

}  // namespace
}  // namespace loom::pipeline
