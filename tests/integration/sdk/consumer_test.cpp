#include "loom/kafka/consumer.h"

#include <gmock/gmock.h>

#include "integration/sdk/consumer_fixture.h"
#include "support/kafka_test_client.h"

namespace loom::kafka {
namespace {

using loom::testing::committed_in_kafka;
using loom::testing::KafkaServer;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

/// The sizes of the turns in which a consumer takes so many records.
std::vector<std::size_t> turns(Consumer& consumer, std::size_t count) {
  std::vector<std::size_t> sizes;
  std::size_t all = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (all < count && std::chrono::steady_clock::now() < until) {
    const auto turn = consumer.poll(std::chrono::milliseconds(200));
    if (!turn.empty()) sizes.push_back(turn.size());
    all += turn.size();
  }
  EXPECT_EQ(all, count);
  return sizes;
}

// What max_poll_records comes to, measured.
TEST_F(ConsumerTest, ATurnNeverHasMoreRecordsThanTheSettingsSay) {
  send(0, 2'000);
  config.max_poll_records = 7;
  const auto small = turns(*join(), 2'000);
  EXPECT_THAT(small, Each(Le(7U)));
  EXPECT_GE(small.size(), 286U);

  config.consumer_group_id += "-again";
  config.max_poll_records = 500;
  const auto large = turns(*join(), 2'000);
  EXPECT_THAT(large, Each(Le(500U)));
  EXPECT_LT(large.size(), 100U) << "larger turns are fewer";
}

TEST_F(ConsumerTest, TheTurnCanBeChangedWhileTheClientLives) {
  send(0, 1'000);
  config.max_poll_records = 10;
  const auto consumer = join();
  EXPECT_THAT(take(*consumer, 10), SizeIs(10));
  consumer->set_records_per_turn(3);
  EXPECT_EQ(consumer->records_per_turn(), 3);
  EXPECT_THAT(turns(*consumer, 990), Each(Le(3U)));
}

TEST_F(ConsumerTest, ARecordIsWhatWasSent) {
  kafka.produce(topic, {{.value = "v",
                         .key = "k",
                         .partition = 1,
                         .headers = {{"h", "1"}, {"h", ""}},
                         .timestamp_ms = 1'700'000'000'123},
                        {.value = std::nullopt, .key = "", .partition = 1, .headers = {}}});
  const auto records = take(*join(), 2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].topic, topic);
  EXPECT_EQ(records[0].partition, 1);
  EXPECT_EQ(records[0].offset, 0);
  EXPECT_EQ(records[0].timestamp_ms, 1'700'000'000'123);
  EXPECT_EQ(records[0].key, "k");
  EXPECT_EQ(records[0].value, "v");
  EXPECT_THAT(records[0].headers,
              ElementsAre(std::pair<std::string, std::string>("h", "1"), std::pair<std::string, std::string>("h", "")));
  EXPECT_EQ(records[1].value, std::nullopt) << "a tombstone";
}

TEST_F(ConsumerTest, TheNextMemberBeginsBehindWhatWasCommitted) {
  send(0, 100);
  auto first = join();
  const auto taken = take(*first, 100);
  EXPECT_EQ(values_of(taken), expected(0, 100));
  EXPECT_TRUE(first->commit(behind(taken)));
  first->close();
  send(100, 150);

  const auto second = join();
  const auto records = take(*second, 50);
  EXPECT_EQ(values_of(records), expected(100, 150));
  const Assignment changes = second->take_assignment();
  ASSERT_THAT(changes.gained, SizeIs(2));
  for (const Position& at : changes.gained) EXPECT_EQ(at.offset, 50) << at.partition;
  EXPECT_THAT(changes.lost, IsEmpty());
  EXPECT_EQ(changes.rebalances, 1);
}

TEST_F(ConsumerTest, WhatWasNotCommittedComesAgain) {
  send(0, 20);
  auto first = join();
  take(*first, 20);
  first->close();
  const auto second = join();
  EXPECT_EQ(values_of(take(*second, 20)), expected(0, 20));
  for (const Position& at : second->take_assignment().gained) EXPECT_EQ(at.offset, -1) << "nothing was committed";
}

TEST_F(ConsumerTest, LatestBeginsAtTheEnd) {
  send(0, 20);
  config.auto_offset_reset = "latest";
  const auto consumer = join();
  await_assignment(*consumer);
  // The end is looked up some time after the assignment.
  ASSERT_TRUE(loom::testing::eventually([&] {
    consumer->poll(milliseconds(50));
    return consumer->positions_and_ends().size() == 2;
  }));
  send(20, 30);
  EXPECT_EQ(values_of(take(*consumer, 10)), expected(20, 30));
}

TEST_F(ConsumerTest, CommittingByItselfItCommitsTheTurnsBeforeTheLast) {
  send(0, 20);
  config.enable_auto_commit = true;
  config.auto_commit_interval_ms = 50;
  config.max_poll_records = 5;
  auto consumer = join();
  // 5 records of one partition or of both, and nobody has come back for more.
  std::size_t first = 0;
  loom::testing::eventually([&] { return (first = consumer->poll(milliseconds(200)).size()) > 0; });
  ASSERT_LE(first, 5U);
  std::vector<Record> last = consumer->poll(seconds(5));
  const auto committed = [&] {
    std::int64_t all = 0;
    for (const auto offset : committed_in_kafka(kafka.bootstrap(), config.consumer_group_id, topic, 2)) {
      all += std::max<std::int64_t>(0, offset);
    }
    return static_cast<std::size_t>(all);
  };
  EXPECT_TRUE(loom::testing::eventually([&] { return committed() == first; })) << committed() << " of " << first;
  consumer.reset();
  EXPECT_EQ(committed(), first) << "what the last turn held may not be done";
}

TEST_F(ConsumerTest, ClosingCommitsTheLastTurnWhenItCommitsByItself) {
  send(0, 20);
  config.enable_auto_commit = true;
  auto consumer = join();
  EXPECT_THAT(take(*consumer, 20), SizeIs(20));
  consumer->close();
  EXPECT_THAT(committed_in_kafka(kafka.bootstrap(), config.consumer_group_id, topic, 2), ElementsAre(10, 10));
}

TEST_F(ConsumerTest, KnowsHowFarItIsFromTheEnds) {
  send(0, 20);
  config.max_poll_records = 1;
  const auto consumer = join();
  take(*consumer, 1);
  EXPECT_TRUE(loom::testing::eventually([&] { return consumer->positions_and_ends().size() == 2; }));
  std::int64_t lag = 0;
  for (const auto& [at, end] : consumer->positions_and_ends()) {
    EXPECT_EQ(end, 10) << at.partition;
    lag += end - at.offset;
  }
  EXPECT_EQ(lag, 19);
  take(*consumer, 19);
  for (const auto& [at, end] : consumer->positions_and_ends()) EXPECT_EQ(at.offset, end) << at.partition;
}

TEST_F(ConsumerTest, IsAtTheEndBehindTheMarkersOfTransactions) {
  kafka.produce_transaction(topic, {{.value = "kept", .key = "", .partition = 0, .headers = {}}}, true);
  kafka.produce_transaction(topic, {{.value = "aborted", .key = "", .partition = 0, .headers = {}}}, false);
  const auto consumer = join();
  EXPECT_EQ(values_of(take(*consumer, 1)), Values{"kept"});
  EXPECT_TRUE(loom::testing::eventually([&] {
    EXPECT_THAT(consumer->poll(milliseconds(50)), IsEmpty());
    for (const auto& [at, end] : consumer->positions_and_ends()) {
      if (at.partition == 0) return end == 4 && at.offset == end;
    }
    return false;
  }));
}

TEST_F(ConsumerTest, AnEmptyTopicIsAnEmptyTurnInTime) {
  const auto consumer = join();
  await_assignment(*consumer);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(consumer->poll(milliseconds(300)), IsEmpty());
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(290));
  EXPECT_LT(took, seconds(2));
}

TEST_F(ConsumerTest, RefusesAPropertyThatLibrdkafkaDoesNotKnow) {
  EXPECT_THROW(static_cast<void>(join(config, {{"no.such.property", "1"}})), std::runtime_error);
}

TEST_F(ConsumerTest, CannotGoOnWhenAnotherHasItsInstanceId) {
  const auto first = join(config, {{"group.instance.id", "one"}});
  await_assignment(*first);
  const auto second = join(config, {{"group.instance.id", "one"}});
  std::string message;
  loom::testing::eventually([&] {
    second->poll(milliseconds(20));
    try {
      first->poll(milliseconds(20));
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    return !message.empty();
  });
  EXPECT_THAT(message, ::testing::HasSubstr(config.service_name));
}

TEST(ConsumerInAnOutage, WaitsForTheBrokerAndDoesNotHangWhenItIsClosed) {
  KafkaServer own;
  const std::string topic = own.new_topic("outage", 1);
  own.produce(topic, {{.value = "before", .key = "", .partition = 0, .headers = {}}});
  ConsumerConfig config = default_config("outage");
  config.enable_auto_commit = false;
  config.request_timeout_ms = 10'000;
  config.heartbeat_interval_ms = 500;
  Consumer consumer(config, {topic}, own.bootstrap());
  ASSERT_TRUE(loom::testing::eventually([&] { return !consumer.poll(std::chrono::milliseconds(200)).empty(); }));

  own.kill9();
  EXPECT_THAT(consumer.poll(std::chrono::milliseconds(500)), IsEmpty());
  auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(consumer.commit({{topic, 0, 1}}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(12));

  own.restart();
  own.produce(topic, {{.value = "after", .key = "", .partition = 0, .headers = {}}});
  std::vector<Record> records;
  EXPECT_TRUE(loom::testing::eventually([&] {
    records = consumer.poll(std::chrono::milliseconds(200));
    return !records.empty() && records.back().value == "after";
  }));

  own.kill9();
  begin = std::chrono::steady_clock::now();
  consumer.close();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(12));
  EXPECT_THAT(consumer.poll(std::chrono::milliseconds(10)), IsEmpty());
}

}  // namespace
}  // namespace loom::kafka
