// LOOM_DLQ: messages that cannot become rows go to a topic, before the offsets pass them.
#include <fmt/format.h>

#include <csignal>
#include <limits>
#include <set>

#include "support/service_test.h"
#include "support/topic_reader.h"

namespace loom::testing {
namespace {

class DeadLetterTopicTest : public ServiceTest {
 protected:
  DeadLetterTopicTest() : topic_(new_topic("orders", 2)), dlq_(topic_ + ".dlq") {
    map(entry(topic_));
    database().run("CREATE TABLE orders (id bigint CHECK (id < 1000))");
  }
  static std::string entry(const std::string& topic) {
    return "  '" + topic + "':\n    table: orders\n    field_mappings:\n      id: id\n";
  }

  void send_to(std::int32_t partition, std::optional<std::string> value, const std::string& key = "",
               std::vector<std::pair<std::string, std::string>> headers = {}) {
    producer().send(topic_,
                    {.value = std::move(value), .key = key, .partition = partition, .headers = std::move(headers)});
  }
  /// Good and bad ones in turns: the mapping finds one kind of bad ones, the database the other.
  void send_mixed(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      send_to(i % 2, fmt::format(R"({{"id": {}}})", i));
      send_to(i % 2, "no json " + std::to_string(i), "key " + std::to_string(i),
              {{"trace", "\xFF" + std::to_string(i)}});
      send_to(i % 2, fmt::format(R"({{"id": {}}})", 1000 + i));
    }
    producer().flush();
  }

  std::string topic_;
  std::string dlq_;
};

TEST_F(DeadLetterTopicTest, BothHaveEachOfThem) {
  send_mixed(50);
  start({{"LOOM_DLQ", "both"}});
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("orders"), 50);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'invalid_json'"), 50);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'check_violation'"), 50);

  const auto records = read_topic(bootstrap(), dlq_, 100);
  ASSERT_EQ(records.size(), 100U);
  std::map<std::pair<std::string, std::string>, const ReadRecord*> by_place;
  for (const auto& record : records) by_place[{record.header("dlq.partition"), record.header("dlq.offset")}] = &record;
  ASSERT_EQ(by_place.size(), 100U) << "each once";
  for (const auto& row : database().rows(
           "SELECT partition, \"offset\", reason, coalesce(sqlstate, ''), encode(coalesce(key, ''), 'escape'), "
           "encode(value, 'escape'), (extract(epoch FROM message_timestamp) * 1000)::bigint FROM kafka_dead_letters")) {
    ASSERT_TRUE(by_place.contains({row[0], row[1]})) << row[0] << "@" << row[1];
    const ReadRecord& record = *by_place[{row[0], row[1]}];
    EXPECT_EQ(record.partition, std::stoi(row[0])) << "in the partition that it came from";
    EXPECT_EQ(record.header("dlq.topic"), topic_);
    EXPECT_EQ(record.header("dlq.group"), group());
    EXPECT_EQ(record.header("dlq.reason"), row[2]);
    EXPECT_EQ(record.header("dlq.sqlstate"), row[3]);
    EXPECT_NE(record.header("dlq.message"), "");
    EXPECT_EQ(record.header("dlq.timestamp"), row[6]);
    EXPECT_EQ(record.key.value_or(""), row[4]);
    EXPECT_EQ(record.value.value_or(""), row[5]);
    EXPECT_EQ(record.headers.front().first, row[2] == "invalid_json" ? "trace" : "dlq.topic");
  }
}

TEST_F(DeadLetterTopicTest, TheTopicAloneLeavesTheTableEmpty) {
  send_mixed(20);
  send_to(0, std::nullopt, "gone");
  producer().flush();
  start({{"LOOM_DLQ", "topic"}});
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("orders"), 20);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  const auto records = read_topic(bootstrap(), dlq_, 41);
  ASSERT_EQ(records.size(), 41U);
  const auto tombstone = std::find_if(records.begin(), records.end(),
                                      [](const auto& record) { return record.header("dlq.reason") == "tombstone"; });
  ASSERT_NE(tombstone, records.end());
  EXPECT_EQ(tombstone->key, "gone");
  EXPECT_FALSE(tombstone->value.has_value()) << "no value, and not an empty one";
}

TEST_F(DeadLetterTopicTest, WithoutItNoTopicIsMade) {
  send_mixed(2);
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("kafka_dead_letters"), 4);
  EXPECT_FALSE(topic_exists(bootstrap(), dlq_));
}

TEST_F(DeadLetterTopicTest, WhatTheTopicCannotTakeHoldsTheOffsetsBack) {
  send_mixed(5);
  // A name that no broker takes: nothing can be produced to it.
  auto& service = start({{"LOOM_DLQ", "topic"}, {"LOOM_DLQ_SUFFIX", std::string(250, 'x')}});
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("dead-letter topic"); }));
  EXPECT_EQ(count("orders"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(stored_offsets(topic_), (std::vector<std::int64_t>{0, 0}));
  ASSERT_TRUE(service.terminate().has_value());

  start({{"LOOM_DLQ", "topic"}, {"LOOM_DLQ_SUFFIX", "-failed"}});
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("orders"), 5);
  EXPECT_EQ(read_topic(bootstrap(), topic_ + "-failed", 10).size(), 10U);
}

TEST_F(DeadLetterTopicTest, AKillAroundTheCommitLosesNoDeadLetter) {
  send_mixed(30);
  for (const std::string point : {"commit_sent:1", "before_commit:1"}) {
    const std::string order = folder().write("order", point + ":kill\n");
    ServiceProcess doomed(
        LOOM_PROGRAM_WITH_FAILPOINTS, {"run"},
        environment({{"LOOM_DLQ", "topic"}, {"FAULT_AT", order}, {"FAULT_LOG", folder().path_of("fired.log")}}),
        folder().path_of("doomed.log"));
    doomed.start();
    const auto end = doomed.await_end(seconds(30));
    ASSERT_TRUE(end.has_value() && end->signal == SIGKILL) << point << " did not fire: " << doomed.log();
    send_mixed(30);  // so that the next one has something to commit
  }
  start({{"LOOM_DLQ", "topic"}});
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("orders"), 90);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  std::set<std::pair<std::string, std::string>> places;
  for (const auto& record : read_topic(bootstrap(), dlq_, std::numeric_limits<std::size_t>::max(), seconds(3))) {
    places.emplace(record.header("dlq.partition"), record.header("dlq.offset"));
  }
  EXPECT_EQ(places.size(), 180U) << "at least once each";
}

TEST_F(DeadLetterTopicTest, WhatIsTooLargeForTheTopicGoesToTheTable) {
  create_topic_with(bootstrap(), dlq_, {{"max.message.bytes", "2000"}});
  send_to(0, "small, no json");
  std::string large = "no json ";
  std::uint64_t state = 7;
  while (large.size() < 20'000) {  // of what does not compress
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    large += static_cast<char>(33 + (state >> 33U) % 90);
  }
  send_to(0, large);
  send_to(1, R"({"id": 1})");
  producer().flush();
  start({{"LOOM_DLQ", "topic"}, {"LOOM_KAFKA_BATCH_SIZE", "1"}});
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("orders"), 1);
  const auto records = read_topic(bootstrap(), dlq_, 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value, "small, no json");
  EXPECT_EQ(database().value("SELECT convert_from(value, 'UTF8') FROM kafka_dead_letters"), large);
}

TEST_F(DeadLetterTopicTest, APatternDoesNotTakeTheServicesOwnDeadLetters) {
  map(entry("^" + prefix() + "[.].*"));
  send_mixed(3);
  start({{"LOOM_DLQ", "both"}, {"LOOM_RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000"}});
  ASSERT_TRUE(drained(topic_));
  ASSERT_EQ(read_topic(bootstrap(), dlq_, 6).size(), 6U);
  // A topic that came later than the dead letters' is subscribed to: so theirs would be, too.
  const std::string later = new_topic("later", 1);
  send(later, 0, R"({"id": 77})");
  ASSERT_TRUE(await_count("orders WHERE id = 77", 1));
  EXPECT_EQ(count("kafka_consumer_offsets WHERE topic LIKE '%.dlq'"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 6);
  EXPECT_FALSE(topic_exists(bootstrap(), dlq_ + ".dlq"));
}

TEST_F(DeadLetterTopicTest, WrongSettingsAreWrongUsage) {
  EXPECT_EQ(start({{"LOOM_DLQ", "everywhere"}}).await_end(seconds(10)).value().exit_code, 2);
  map(entry(dlq_));
  EXPECT_EQ(start({{"LOOM_DLQ", "both"}}).await_end(seconds(10)).value().exit_code, 2);
}

}  // namespace
}  // namespace loom::testing
