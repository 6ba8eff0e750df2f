// Where it starts, what it leaves behind, and what `lag` says of it.
#include <nlohmann/json.hpp>

#include "support/held_session.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

/// Three partitions with 100 messages each: number n is at offset n / 3 of partition n % 3.
class OffsetsTest : public ServiceTest {
 protected:
  OffsetsTest() : topic_(new_topic("numbers", 3)) {
    map(numbered_mapping(topic_, "numbers"));
    database().run(numbered_table("numbers"));
    send_numbered(topic_, 0, 300);
  }

  [[nodiscard]] std::int64_t stored_of(int partition, std::int64_t from_offset) const {
    return count("numbers WHERE partition = " + std::to_string(partition) +
                 " AND \"offset\" >= " + std::to_string(from_offset));
  }

  std::string topic_;
};

TEST_F(OffsetsTest, WithoutAnyItStartsAtTheFirstMessage) {
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 300));
}

TEST_F(OffsetsTest, TakesOverTheGroupsOffsetsFromKafka) {
  commit_in_kafka(bootstrap(), group(), topic_, {40, 100, -1});
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(stored_of(0, 40), 60);
  EXPECT_EQ(stored_of(2, 0), 100) << "nothing was committed there: from the first message";
  EXPECT_EQ(count("numbers"), 160);
}

TEST_F(OffsetsTest, TheDatabasesOffsetsRuleOverThoseInKafka) {
  commit_in_kafka(bootstrap(), group(), topic_, {50, 60, 70});
  migrate();
  database().run("INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset) VALUES ('" +
                 group() + "', '" + topic_ + "', 0, 10), ('" + group() + "', '" + topic_ + "', 1, 80)");
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(stored_of(0, 10), 90);
  EXPECT_EQ(stored_of(1, 80), 20);
  EXPECT_EQ(stored_of(2, 70), 30) << "the database has none for this partition, Kafka has";
  EXPECT_EQ(count("numbers"), 140);
}

TEST_F(OffsetsTest, KafkaIsNeverToldOfOffsetsThatAreNotStored) {
  start();
  ASSERT_TRUE(drained(topic_));
  const auto in_kafka = [&] { return committed_in_kafka(bootstrap(), group(), topic_, 3); };
  ASSERT_TRUE(await(seconds(20), [&] { return in_kafka() == stored_offsets(topic_); })) << "Kafka gets no copy at all";
  HeldSession other(database().url());
  other.run("BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE");
  send_numbered(topic_, 300, 600);
  // Longer than the time between two copies.
  EXPECT_FALSE(await(seconds(7), [&] {
    return in_kafka() != std::vector<std::int64_t>{100, 100, 100};
  })) << "Kafka knows of messages that are in no table";
  other.run("COMMIT");
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 600));
}

TEST_F(OffsetsTest, TermFlushesWhatWasTakenAndLeavesWithinTenSeconds) {
  const std::string slow = new_topic("slow", 1);
  const std::string marker = new_topic("marker", 1);
  map(numbered_mapping(slow, "slow") + "    batch_timeout: 3600\n" + numbered_mapping(marker, "marker"));
  database().run(numbered_table("slow"));
  database().run(numbered_table("marker"));
  auto& service = start();
  send_numbered(slow, 0, 50);
  // Sent later and to be stored soon: once it is, the others have long been taken.
  send_numbered(marker, 0, 1);
  ASSERT_TRUE(await_count("marker", 1));
  ASSERT_EQ(count("slow"), 0) << "neither 200 messages nor an hour: not due";

  const auto told_at = std::chrono::steady_clock::now();
  const auto end = service.terminate(seconds(12));
  const auto took = std::chrono::steady_clock::now() - told_at;
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_LT(took, seconds(10));
  EXPECT_TRUE(every_one_once("slow", 50));
  EXPECT_EQ(stored_offsets(slow), std::vector<std::int64_t>{50});
  EXPECT_EQ(committed_in_kafka(bootstrap(), group(), slow, 1), std::vector<std::int64_t>{50});
}

TEST_F(OffsetsTest, ARestartStoresNothingTwice) {
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  ASSERT_EQ(service.terminate().value().exit_code, 0);
  EXPECT_EQ(committed_in_kafka(bootstrap(), group(), topic_, 3), (std::vector<std::int64_t>{100, 100, 100}));

  service.start();
  send_numbered(topic_, 300, 330);
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 330));
}

TEST_F(OffsetsTest, LagIsZeroAfterTheDrainAndCountsWhatWaits) {
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  const auto drained_lag = command({"lag", "--group", group(), "--json"});
  EXPECT_EQ(drained_lag.exit_code, 0) << drained_lag.err;
  const auto seen = nlohmann::json::parse(drained_lag.out);
  EXPECT_EQ(seen.at("total_lag"), 0);
  EXPECT_EQ(seen.at("partitions").size(), 3U) << drained_lag.out;
  for (const auto& partition : seen.at("partitions")) {
    EXPECT_EQ(partition.at("committed_offset"), 100) << partition;
    EXPECT_EQ(partition.at("end_offset"), 100) << partition;
    EXPECT_EQ(partition.at("lag"), 0) << partition;
  }

  ASSERT_EQ(service.terminate().value().exit_code, 0);
  send_numbered(topic_, 300, 306);
  const auto waiting = command({"lag", "--group", group(), "--json"});
  EXPECT_NE(waiting.out.find("\"total_lag\":6"), std::string::npos) << waiting.out;
}

}  // namespace
}  // namespace loom::testing
