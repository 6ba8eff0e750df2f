// A batch that was stored although its answer was lost: the compare finds it committed when it goes again.
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "base/log.h"
#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;
using std::chrono::milliseconds;

class LostReplyTest : public LaneTest {
 protected:
  /// The batch that is due, when it goes for the second time.
  std::unique_ptr<batch::Batch> due_again() {
    settle(due(), OutcomeKind::retry);
    clock_.advance(milliseconds(100));
    return due();
  }
  std::uint64_t dead_letters() { return counters_.of("readings").all_dead_letters(); }
};

TEST_F(LostReplyTest, WhatIsFoundCommittedIsCountedLikeAnyOtherCommit) {
  assign(0);
  emit(0, 2);
  emit(0, 1, false);
  take_all();
  settle(due_again(), OutcomeKind::stale, {{.partition = 0, .next_offset = 3, .epoch = 0}});
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 3U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 2U);
  EXPECT_EQ(counters_.total(&TopicCounters::batches), 1U);
  EXPECT_EQ(dead_letters(), 1U);
  const auto examples = counters_.of("readings").examples();
  ASSERT_EQ(examples.size(), 1U);
  EXPECT_EQ(examples[0].offset, 2);
  EXPECT_EQ(counters_.batch_rows.read().sum, 2);
}

TEST_F(LostReplyTest, EachMessageIsCountedOnceWhenOnlySomePartitionsAreFoundCommitted) {
  assign(0);
  assign(1);
  emit(0, 1);
  emit(0, 1, false);
  emit(1, 1);
  emit(1, 1, false);
  take_all();
  settle(due_again(), OutcomeKind::stale,
         {{.partition = 0, .next_offset = 2, .epoch = 0}, {.partition = 1, .next_offset = 0, .epoch = 1}});
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 2U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 1U);
  EXPECT_EQ(dead_letters(), 1U);

  take_all();  // partition 1 again, from where the database stands
  clock_.advance(milliseconds(500));
  settle(due(), OutcomeKind::committed);
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 4U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 2U);
  EXPECT_EQ(dead_letters(), 2U);
}

TEST_F(LostReplyTest, WhatIsNotFoundCommittedIsNotCounted) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due_again(), OutcomeKind::stale, {{.partition = 0, .next_offset = 1, .epoch = 0}});
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 0U);
  EXPECT_EQ(counters_.total(&TopicCounters::batches), 0U);
}

/// As the sink leaves a batch whose bad messages the database found, and whose COMMIT was sent and not answered.
batch::RejectedMessage refused_by_the_database(std::uint32_t message) {
  return {message, {RejectReason::check_violation, "new row violates a check", "23514"}, batch::InTopic::no};
}

TEST_F(LostReplyTest, WhatTheDatabaseRefusedInItIsADeadLetterAndNoRow) {
  assign(0);
  emit(0, 3);
  take_all();
  auto batch = due();
  batch->rejected_if_stored = {refused_by_the_database(1)};
  settle(std::move(batch), OutcomeKind::retry);
  clock_.advance(milliseconds(100));
  settle(due(), OutcomeKind::stale, {{.partition = 0, .next_offset = 3, .epoch = 0}});
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 3U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 2U);
  EXPECT_EQ(dead_letters(), 1U);
  EXPECT_EQ(counters_.of("readings").examples()[0].offset, 1);
}

TEST_F(LostReplyTest, WhatTheDatabaseRefusedInItIsKnownAfterThePlanHasChanged) {
  assign(0);
  assign(1);
  emit(0, 2);
  emit(1, 2);
  take_all();
  auto batch = due();
  ASSERT_EQ(batch->messages.size(), 4U);
  const auto index = static_cast<std::uint32_t>(
      std::find_if(batch->messages.begin(), batch->messages.end(),
                   [](const Message& message) { return message.partition == 1 && message.offset == 1; }) -
      batch->messages.begin());
  batch->rejected_if_stored = {refused_by_the_database(index)};
  settle(std::move(batch), OutcomeKind::retry);
  lane_.discard(0);
  lane_.use_plan(plan());
  clock_.advance(milliseconds(100));
  settle(due(), OutcomeKind::stale, {{.partition = 1, .next_offset = 2, .epoch = 0}});
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 1U);
  EXPECT_EQ(dead_letters(), 1U);
  EXPECT_EQ(counters_.of("readings").examples()[0].offset, 1);
  EXPECT_EQ(counters_.of("readings").examples()[0].partition, 1);
}

TEST_F(LostReplyTest, WhatTheDatabaseRefusedOnlyPerhapsIsNotCountedWhenItIsStoredAnew) {
  assign(0);
  emit(0, 3);
  take_all();
  auto batch = due();
  batch->rejected_if_stored = {refused_by_the_database(1)};
  settle(std::move(batch), OutcomeKind::retry);
  clock_.advance(milliseconds(100));
  settle(due(), OutcomeKind::committed);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 3U);
  EXPECT_EQ(dead_letters(), 0U);
}

TEST_F(LostReplyTest, RowsThatTheDatabaseRefusedAreNotCountedAsStored) {
  assign(0);
  emit(0, 2);
  emit(0, 1, false);
  take_all();
  auto batch = due();
  batch->rejected.insert(batch->rejected.begin(), refused_by_the_database(0));
  settle(std::move(batch), OutcomeKind::committed);
  EXPECT_EQ(counters_.total(&TopicCounters::stored_messages), 3U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 1U);
  EXPECT_EQ(dead_letters(), 2U);
  EXPECT_EQ(counters_.batch_rows.read().sum, 1);
}

/// The default logger writes into a string.
class ToldAfterALostReplyTest : public LostReplyTest {
 protected:
  ToldAfterALostReplyTest() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)));
  }
  ~ToldAfterALostReplyTest() override { spdlog::set_default_logger(before_); }

  std::ostringstream out_;

 private:
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(ToldAfterALostReplyTest, ItsDeadLettersAndTheEndOfTheTrouble) {
  assign(0);
  emit(0, 2);
  emit(0, 3, false);
  take_all();
  auto again = due_again();
  clock_.advance(std::chrono::seconds(2));
  settle(std::move(again), OutcomeKind::stale, {{.partition = 0, .next_offset = 5, .epoch = 0}});
  ASSERT_FALSE(log::recent().empty());
  EXPECT_NE(log::recent().front().message.find("3 of 5 messages became dead letters"), std::string::npos)
      << log::recent().front().message;
  EXPECT_NE(out_.str().find("stores again, after 2 s"), std::string::npos) << out_.str();
}

}  // namespace
}  // namespace loom::pipeline
