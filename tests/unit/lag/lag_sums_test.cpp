#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lag/lag.h"

namespace loom::lag {
namespace {

PartitionLag partition(const std::string& topic, std::int64_t lag, double consumed, double produced) {
  PartitionLag one;
  one.topic = topic;
  one.lag = lag;
  one.seconds = static_cast<double>(lag) / 10;
  one.consumed_per_second = consumed;
  one.produced_per_second = produced;
  one.state = State::ok;
  return one;
}

GroupLag group(std::vector<PartitionLag> partitions) {
  GroupLag lag;
  lag.group = "g";
  lag.sampled_us = 7;
  lag.partitions = std::move(partitions);
  return lag;
}

TEST(GroupLag, OfNothingIsNothing) {
  const GroupLag none;
  EXPECT_EQ(none.total(), 0);
  EXPECT_EQ(none.seconds(), 0);
  EXPECT_EQ(none.catch_up_seconds(), 0);
  EXPECT_EQ(none.worst(), State::unknown);
}

TEST(GroupLag, SumsMessagesAndRatesAndTakesTheOldestMessage) {
  const GroupLag lag = group({partition("a", 100, 30, 10), partition("b", 50, 5, 5)});
  EXPECT_EQ(lag.total(), 150);
  EXPECT_EQ(lag.seconds(), 10);
  EXPECT_EQ(lag.drain_rate(), 20);
  EXPECT_EQ(lag.catch_up_seconds(), 7.5);
}

TEST(GroupLag, NeverCatchesUpWhileItGrows) {
  EXPECT_EQ(group({partition("a", 100, 10, 30)}).catch_up_seconds(), std::nullopt);
  EXPECT_EQ(group({partition("a", 0, 10, 30)}).catch_up_seconds(), 0);
}

TEST(GroupLag, NeverCatchesUpWhileAPartitionStandsStill) {
  for (const State state : {State::stall, State::stop}) {
    GroupLag lag = group({partition("a", 100, 30, 10), partition("b", 50, 0, 0)});
    lag.partitions[1].state = state;
    EXPECT_EQ(lag.catch_up_seconds(), std::nullopt) << to_string(state);
  }
}

TEST(GroupLag, TheWorstStateIsTheOneThatAsksMostForAttention) {
  GroupLag lag = group({partition("a", 1, 0, 0), partition("b", 1, 0, 0)});
  State worst = State::ok;
  for (const State state : {State::unknown, State::warn, State::rewind, State::stall, State::stop}) {
    lag.partitions[1].state = state;
    EXPECT_GT(severity(state), severity(worst)) << to_string(state);
    EXPECT_EQ(lag.worst(), state);
    worst = state;
  }
}

TEST(GroupLag, ATopicThatIsGoneDoesNotCount) {
  GroupLag lag = group({partition("a", 1, 0, 0), partition("gone", 1, 0, 0)});
  lag.partitions[1].lag.reset();
  lag.partitions[1].state = State::unknown;
  EXPECT_EQ(lag.worst(), State::ok);
  EXPECT_EQ(lag.total(), 1);
}

TEST(GroupLag, ComesApartByTopic) {
  const auto topics = group({partition("a", 1, 0, 0), partition("a", 2, 0, 0), partition("b", 4, 0, 0)}).by_topic();
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics.at("a").total(), 3);
  EXPECT_EQ(topics.at("b").total(), 4);
  EXPECT_EQ(topics.at("b").group, "g");
  EXPECT_EQ(topics.at("b").sampled_us, 7);
}

}  // namespace
}  // namespace loom::lag
