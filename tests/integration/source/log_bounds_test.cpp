// Asking brokers where logs begin and end, also when they are gone.
#include "source/log_bounds.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "source/handles.h"
#include "support/kafka_server.h"

namespace loom::source {
namespace {

using namespace std::chrono_literals;
using Bounds = std::optional<std::vector<std::int64_t>>;

class LogBoundsTest : public ::testing::Test {
 protected:
  LogBoundsTest() {
    ConfHandle conf(rd_kafka_conf_new());
    std::array<char, 256> error{};
    rd_kafka_conf_set(conf.get(), "bootstrap.servers", server_.bootstrap().c_str(), error.data(), error.size());
    rd_kafka_conf_set_log_cb(conf.get(), nullptr);
    client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error.data(), error.size()));
    if (client_ != nullptr) (void)conf.release();
  }
  [[nodiscard]] Bounds ask(LogBound bound, std::chrono::milliseconds timeout = 10s) const {
    return ask_log_bounds(client_.get(), {{topic_, 0}, {topic_, 1}}, bound, timeout);
  }

  testing::KafkaServer server_;
  std::string topic_ = server_.new_topic("bounds", 2);
  std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>> client_;
};

TEST_F(LogBoundsTest, OfLogsThatRetentionHasCutAndOfEmptyOnes) {
  ASSERT_NE(client_, nullptr);
  server_.produce(topic_,
                  std::vector<testing::TestRecord>(5, {.value = "x", .key = {}, .partition = 0, .headers = {}}));
  server_.delete_records(topic_, 0, 2);
  ASSERT_TRUE(testing::eventually([&] { return ask(LogBound::begin).has_value(); })) << "the topic is quite new";
  EXPECT_EQ(ask(LogBound::begin), (Bounds{{2, 0}}));
  EXPECT_EQ(ask(LogBound::end), (Bounds{{5, 0}}));
}

TEST_F(LogBoundsTest, OfABrokerThatIsGoneAreNotKnownInTime) {
  ASSERT_NE(client_, nullptr);
  ASSERT_TRUE(testing::eventually([&] { return ask(LogBound::end).has_value(); })) << "it knows the leader now";
  server_.kill9();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(LogBound::end, 1s), std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  server_.restart();
  EXPECT_TRUE(testing::eventually([&] { return ask(LogBound::end, 2s).has_value(); }));
}

}  // namespace
}  // namespace loom::source
