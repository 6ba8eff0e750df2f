// TimescaleDB: from Kafka into hypertables, with and without a key.
#include <fmt/format.h>

#include "extended_test.h"

namespace loom::testing {
namespace {

class HypertableTest : public ExtendedTest {
 protected:
  HypertableTest() : ExtendedTest({"timescaledb"}) {}

  /// Rows that a hypertable has outside its chunks would be seen by nobody who asks for a stretch of time.
  [[nodiscard]] std::int64_t rows_outside_chunks(const std::string& table) const { return count("ONLY " + table); }
};

TEST_F(HypertableTest, NumberedMessagesArriveOnceWhileChunksAreMade) {
  const std::string topic = new_topic("numbers", 3);
  database().run(numbered_table("numbers"));
  make_hypertable(database(), "numbers", "taken_at", "30 seconds");
  map(numbered_mapping(topic, "numbers"));
  auto& service = start();
  send_numbered(topic, 0, 60'000);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 60'000));
  EXPECT_EQ(rows_outside_chunks("numbers"), 0);
  // 60,000 messages are 420 s.
  EXPECT_EQ(
      chunks_of(database(), "numbers"),
      std::stoll(database().value("SELECT count(DISTINCT floor(extract(epoch FROM taken_at) / 30)) FROM numbers")));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_FALSE(service.logged("not stored"));
}

TEST_F(HypertableTest, BadMessagesAmongThemAreTheOnlyDeadLetters) {
  constexpr std::int64_t kEvery = 500;
  const std::string topic = new_topic("numbers", 1);
  database().run(numbered_table("numbers", bad_numbered_check()));
  make_hypertable(database(), "numbers", "taken_at", "1 minute");
  map(numbered_mapping(topic, "numbers"));
  for (std::int64_t number = 0; number < 20'000; ++number) {
    const auto bad = bad_message(number, kEvery);
    producer().send(topic, {.value = bad ? bad->value : numbered_message(number),
                            .key = std::to_string(number),
                            .partition = 0,
                            .headers = {}});
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic));
  const Verdict verdict = judge(database(), "numbers", 20'000, kEvery);
  EXPECT_TRUE(verdict.clean()) << verdict.describe();
  EXPECT_EQ(verdict.dead_letters, verdict.bad);
  EXPECT_EQ(verdict.bad, 20'000 / kEvery);
}

TEST_F(HypertableTest, WhatItsTimeColumnCannotBeIsADeadLetter) {
  const std::string topic = new_topic("readings", 1);
  database().run("CREATE TABLE readings (at timestamptz NOT NULL, id integer)");
  make_hypertable(database(), "readings", "at", "1 day");
  map("  " + topic + ":\n    table: readings\n    field_mappings: {at: at, id: id}\n    data_types: {at: timestamp}\n");
  send(topic, 0, R"({"at": "2026-05-01T00:00:00Z", "id": 1})");
  send(topic, 0, R"({"at": null, "id": 2})");
  send(topic, 0, R"({"id": 3})");
  send(topic, 0, R"({"at": "2026-05-02T00:00:00Z", "id": 4})");
  start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(database().rows("SELECT id FROM readings ORDER BY id"), (Rows{{"1"}, {"4"}}));
  EXPECT_EQ(count("kafka_dead_letters"), 2);
}

class HypertableMergeTest : public HypertableTest {
 protected:
  void begin(const std::string& strategy) {
    topic_ = new_topic("readings", 1);
    database().run(
        "CREATE TABLE readings (gone text, device text, at timestamptz, a bigint, b text DEFAULT 'none', PRIMARY KEY "
        "(device, at))");
    make_hypertable(database(), "readings", "at", "1 hour");
    // Chunks that are made later have their columns in other places than the table itself.
    database().run("ALTER TABLE readings DROP COLUMN gone");
    map("  " + topic_ + R"(:
    table: readings
    field_mappings: {device: device, at: at, a: a, b: b}
    data_types: {at: timestamp}
    upsert_key: [device, at]
    conflict_strategy: )" +
        strategy + "\n");
    start();
  }

  void send_together(const std::vector<std::string>& values) {
    for (const auto& value : values)
      producer().send(topic_, {.value = value, .key = {}, .partition = 0, .headers = {}});
    producer().flush();
    ASSERT_TRUE(drained(topic_));
  }

  static std::string reading(const std::string& device, int hour, const std::string& more) {
    return fmt::format(R"({{"device": "{}", "at": "2026-05-{:02}T{:02}:00:00Z", {}}})", device, 1 + hour / 24,
                       hour % 24, more);
  }
  [[nodiscard]] std::vector<std::string> of(const std::string& device) const {
    const auto rows = database().rows("SELECT a, b FROM readings WHERE device = '" + device + "'");
    return rows.empty() ? std::vector<std::string>{} : rows[0];
  }

  /// 12,000 messages over 3 devices and 200 hours, in many batches; `a` counts up.
  void send_many() {
    std::vector<std::string> values;
    values.reserve(12'000);
    for (int i = 0; i < 12'000; ++i) {
      values.push_back(reading(fmt::format("many-{}", i % 3), i * 7 % 200, fmt::format(R"("a": {})", i)));
    }
    send_together(values);
    EXPECT_EQ(count("readings WHERE device LIKE 'many%'"), 600);
    EXPECT_EQ(chunks_of(database(), "readings"), 200);
    EXPECT_EQ(rows_outside_chunks("readings"), 0);
    EXPECT_EQ(count("kafka_dead_letters"), 0);
  }

  using Reading = std::vector<std::string>;
  std::string topic_;
};

TEST_F(HypertableMergeTest, IgnoreKeepsTheFirst) {
  begin("ignore");
  send_together(
      {reading("x", 1, R"("a": 1, "b": "first")"), reading("x", 1, R"("a": 2)"), reading("y", 2, R"("a": 3)")});
  EXPECT_EQ(of("x"), (Reading{"1", "first"}));
  send_together({reading("x", 1, R"("a": 4)"), reading("y", 2, R"("a": 5)"), reading("z", 3, R"("a": 6)")});
  EXPECT_EQ(of("x"), (Reading{"1", "first"}));
  EXPECT_EQ(of("z"), (Reading{"6", "none"}));
  send_many();
  EXPECT_EQ(count("readings WHERE device LIKE 'many%' AND a >= 600"), 0) << "a later message replaced the first";
}

TEST_F(HypertableMergeTest, UpdateTakesTheLastAndLeavesWhatItDoesNotSay) {
  begin("update");
  send_together(
      {reading("x", 1, R"("a": 1, "b": "first")"), reading("x", 1, R"("a": 2)"), reading("y", 2, R"("a": 3)")});
  EXPECT_EQ(of("x"), (Reading{"2", "first"}));
  send_together({reading("x", 1, R"("b": "late")"), reading("y", 2, R"("a": 4, "b": null)")});
  EXPECT_EQ(of("x"), (Reading{"2", "late"}));
  EXPECT_EQ(of("y"), (Reading{"4", "none"}));
  send_many();
  EXPECT_EQ(count("readings WHERE device LIKE 'many%' AND a < 11400"), 0) << "not the last message of a key stayed";
}

TEST_F(HypertableMergeTest, ReplaceOverwritesEveryMappedColumn) {
  begin("replace");
  send_together({reading("x", 1, R"("a": 1, "b": "first")"), reading("x", 1, R"("a": 2)")});
  EXPECT_EQ(of("x"), (Reading{"2", "none"})) << "the absent column takes its default";
  send_together({reading("x", 1, R"("b": "late")")});
  EXPECT_EQ(of("x"), (Reading{"NULL", "late"}));
  send_many();
  EXPECT_EQ(count("readings WHERE device LIKE 'many%' AND a < 11400"), 0);
}

TEST_F(HypertableMergeTest, WhatComesAgainIsNotWrittenAgain) {
  begin("update");
  send_many();
  const auto versions = [&] {
    return database().value("SELECT md5(string_agg(tableoid || ' ' || ctid, ',' ORDER BY device, at)) FROM readings");
  };
  const std::string before = versions();
  std::vector<std::string> again;
  again.reserve(600);
  for (int i = 11'400; i < 12'000; ++i) {
    again.push_back(reading(fmt::format("many-{}", i % 3), i * 7 % 200, fmt::format(R"("a": {})", i)));
  }
  send_together(again);
  EXPECT_EQ(count("readings"), 600);
  EXPECT_EQ(versions(), before) << "an update that changes nothing was written";
}

}  // namespace
}  // namespace loom::testing
