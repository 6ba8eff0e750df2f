// Rows whose time is far from now: clocks that are wrong, and a backlog over years. Into hypertables, which make a
// chunk for whatever comes, and into PostgreSQL's own partitions, which somebody has made before.
#include <fmt/format.h>

#include <iostream>

#include "extended_test.h"

namespace loom::testing {
namespace {

/// Makes one batch of all that waits.
const Environment kOneBatch{{"LOOM_KAFKA_BATCH_SIZE", "20000"}, {"LOOM_KAFKA_BATCH_MAX", "20000"}};

class LateRowsTest : public ExtendedTest {
 protected:
  explicit LateRowsTest(std::unique_ptr<PostgresServer> own_server = nullptr)
      : ExtendedTest({"timescaledb"}, std::move(own_server)), topic_(new_topic("readings", 1)) {}

  void map_readings(const std::string& more = "", const std::string& fields = "") {
    map("  " + topic_ + ":\n    table: readings\n    field_mappings: {id: id, at: at" + fields +
        "}\n    data_types: {at: timestamp}\n" + more);
  }
  void make_readings(const std::string& chunk, const std::string& key = "") {
    database().run("CREATE TABLE readings (id bigint NOT NULL, at timestamptz NOT NULL" + key + ")");
    make_hypertable(database(), "readings", "at", chunk);
  }
  void add(std::int64_t id, const std::string& at) {
    producer().send(
        topic_, {.value = fmt::format(R"({{"id": {}, "at": {}}})", id, at), .key = {}, .partition = 0, .headers = {}});
  }
  /// `days` days with `each` rows a day, in turns: the worst order there is.
  void add_days(int days, int each) {
    for (int i = 0; i < each; ++i) {
      for (int day = 0; day < days; ++day) add(std::int64_t{i} * days + day, std::to_string(kFirst + day * kDay + i));
    }
    producer().flush();
  }
  void expect_days(int days, int each) const { expect_days("readings", days, each); }
  void expect_days(const std::string& table, int days, int each) const {
    EXPECT_EQ(count(table), days * each);
    EXPECT_EQ(count("(SELECT id FROM " + table + " GROUP BY id) AS each"), days * each);
    EXPECT_EQ(count(fmt::format("{} WHERE extract(epoch FROM at) <> {} + id % {} * {} + id / {}", table, kFirst, days,
                                kDay, days)),
              0)
        << "a row with another's time";
    EXPECT_EQ(count("kafka_dead_letters"), 0);
  }

  /// From the start of the service until all of it is stored.
  std::int64_t drain(const Environment& more, seconds within = seconds(120)) {
    const auto begin = std::chrono::steady_clock::now();
    service_ = &start(more);
    EXPECT_TRUE(drained(topic_, within));
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
  }

  static constexpr std::int64_t kFirst = 1'577'836'800;  // 2020-01-01
  static constexpr std::int64_t kDay = 86'400;

  ServiceProcess* service_ = nullptr;
  std::string topic_;
};

TEST_F(LateRowsTest, ClocksThatAreFarOffGetChunksOfTheirOwn) {
  make_readings("1 day", ", PRIMARY KEY (id, at)");
  map_readings("    upsert_key: [id, at]\n    conflict_strategy: update\n");
  const std::vector<std::string> taken{
      "\"1970-01-01T00:00:00Z\"", "\"1969-12-31T23:59:59.999999Z\"", "0",
      "\"0001-01-01T00:00:00Z\"", "\"1000-05-06T07:08:09Z\"",        "\"2026-05-06T07:08:09Z\"",
      "\"2038-01-19T03:14:08Z\"", "\"2262-04-11T23:47:16.854775Z\"", "\"9999-12-31T23:59:59.999999Z\""};
  std::int64_t id = 0;
  for (const auto& at : taken) add(id++, at);
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(database().rows("SELECT id, at AT TIME ZONE 'UTC' FROM readings ORDER BY id"),
            (Rows{{"0", "1970-01-01 00:00:00"},
                  {"1", "1969-12-31 23:59:59.999999"},
                  {"2", "1970-01-01 00:00:00"},
                  {"3", "0001-01-01 00:00:00"},
                  {"4", "1000-05-06 07:08:09"},
                  {"5", "2026-05-06 07:08:09"},
                  {"6", "2038-01-19 03:14:08"},
                  {"7", "2262-04-11 23:47:16.854775"},
                  {"8", "9999-12-31 23:59:59.999999"}}));
  EXPECT_EQ(chunks_of(database(), "readings"), 8) << "the first and the third are of one day";
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(LateRowsTest, ATimeThatNoChunkCanHoldIsTheOnlyDeadLetter) {
  make_readings("1 day");
  map_readings();
  add(0, "\"2026-05-06T07:08:09Z\"");
  add(1, "\"infinity\"");
  add(2, "\"-infinity\"");
  add(3, "\"4713-01-01 00:00:00 BC\"");
  add(4, "\"2026-05-06T07:08:10Z\"");
  producer().flush();
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  // Of TimescaleDB's own calendar there is a last moment for the future, and none for the past.
  EXPECT_EQ(database().rows("SELECT id FROM readings ORDER BY id"), (Rows{{"0"}, {"1"}, {"3"}, {"4"}}));
  EXPECT_EQ(database().value("SELECT at FROM readings WHERE id = 1"), "infinity");
  EXPECT_EQ(dead_letters(), (Rows{{"22008", "1"}}));
  EXPECT_FALSE(service.logged("stopped, next try"));
}

TEST_F(LateRowsTest, AThousandChunksInOneBatch) {
  make_readings("1 day");
  map_readings();
  migrate();
  add_days(1'000, 5);
  const std::int64_t first = drain(kOneBatch);
  expect_days(1'000, 5);
  EXPECT_EQ(chunks_of(database(), "readings"), 1'000);
  EXPECT_FALSE(service_->logged("are too many for one transaction"));
  // The same again, when the chunks are there.
  ASSERT_TRUE(service_->terminate());
  database().run("DELETE FROM readings");
  add_days(1'000, 5);
  const std::int64_t second = drain(kOneBatch);
  expect_days(1'000, 5);
  std::cout << "5,000 rows, 1,000 chunks of a day: made in " << first << " ms, there already " << second
            << " ms, each with the start of the service" << std::endl;
}

TEST_F(LateRowsTest, AThousandChunksInOneBatchWithAKey) {
  make_readings("1 day", ", PRIMARY KEY (id, at)");
  map_readings("    upsert_key: [id, at]\n    conflict_strategy: ignore\n");
  migrate();
  add_days(1'000, 5);
  const std::int64_t first = drain(kOneBatch);
  add_days(1'000, 5);  // what comes again
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(drained(topic_, seconds(120)));
  const auto second = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  expect_days(1'000, 5);
  EXPECT_EQ(chunks_of(database(), "readings"), 1'000);
  std::cout << "5,000 rows with a key, 1,000 chunks of a day: made in " << first << " ms, merged again in "
            << second.count() << " ms" << std::endl;
}

/// A server whose lock table has room for few tables at a time: what a batch over many chunks meets elsewhere, too,
/// only later (max_locks_per_transaction times max_connections).
class FewLocksTest : public LateRowsTest {
 protected:
  FewLocksTest()
      : LateRowsTest(std::make_unique<PostgresServer>(std::vector<std::string>{
            "max_locks_per_transaction=10", "max_connections=30", "max_worker_processes=8"})) {}
};

TEST_F(FewLocksTest, WhatNeedsMoreLocksThanThereAreIsStoredInPieces) {
  make_readings("1 day");
  map_readings();
  migrate();
  add_days(1'500, 1);
  const std::int64_t took = drain(kOneBatch);
  EXPECT_TRUE(service_->logged("max_locks_per_transaction")) << "the reason names the setting";
  EXPECT_TRUE(service_->logged("are too many for one transaction"));
  EXPECT_FALSE(service_->logged("stopped, next try")) << "whatever fits is stored";
  ASSERT_TRUE(service_->terminate());
  EXPECT_EQ(chunks_of(database(), "readings"), 1'500);
  // A question about all chunks would need a lock for each, too.
  database().run("CREATE TABLE seen (id bigint, at timestamptz)");
  for (int day = 0; day < 1'500; day += 20) {
    database().run(fmt::format(
        "INSERT INTO seen SELECT id, at FROM readings WHERE at >= to_timestamp({}) AND at < to_timestamp({})",
        kFirst + day * kDay, kFirst + (day + 20) * kDay));
  }
  expect_days("seen", 1'500, 1);
  std::cout << "1,500 rows, 1,500 chunks, locks for few: " << took << " ms" << std::endl;
}

class ManyChunksTest : public FewLocksTest {
 protected:
  /// A batch of one day meets one chunk of a thousand, and must not pay for the others: neither with locks, of which
  /// there are fewer here than chunks, nor with time.
  void pays_for_its_own_chunk(const std::string& strategy, const std::vector<std::string>& expected) {
    database().run("CREATE TABLE readings (id bigint, at timestamptz, value bigint, PRIMARY KEY (id, at))");
    make_hypertable(database(), "readings", "at", "1 day");
    const auto insert = [&](int from, int to, std::int64_t step) {
      database().run(
          fmt::format("INSERT INTO readings SELECT n, to_timestamp({} + n * {}), 0 FROM generate_series({}, {}) n",
                      step == kDay ? kFirst : kToday, step, from, to));
    };
    for (int day = 0; day < 1'000; day += 20) insert(day, day + 19, kDay);
    insert(10'001, 12'000, 1);
    map_readings("    upsert_key: [id, at]\n    conflict_strategy: " + strategy + "\n", ", value: value");
    // Half of them are there, which a service that has just been started does not know.
    for (std::int64_t id = 11'001; id <= 13'000; ++id) {
      producer().send(topic_, {.value = fmt::format(R"({{"id": {}, "at": {}, "value": 1}})", id, kToday + id),
                               .key = {},
                               .partition = 0,
                               .headers = {}});
    }
    producer().flush();
    const std::int64_t took = drain(kOneBatch);
    EXPECT_FALSE(service_->logged("max_locks_per_transaction"));
    EXPECT_EQ(
        database().rows(fmt::format("SELECT count(*), sum(value) FROM readings WHERE at > to_timestamp({}) AND at "
                                    "< to_timestamp({}) AND id > 10000",
                                    kToday, kToday + kDay)),
        (Rows{expected}));
    EXPECT_EQ(count("kafka_dead_letters"), 0);
    std::cout << strategy << ", 2,000 rows of one chunk, half of them there, beside 1,000 chunks: " << took << " ms"
              << std::endl;
  }

  static constexpr std::int64_t kToday = kFirst + 60 * kDay;
};

TEST_F(ManyChunksTest, IgnorePaysForTheOneThatItMeets) { pays_for_its_own_chunk("ignore", {"3000", "1000"}); }
TEST_F(ManyChunksTest, UpdatePaysForTheOneThatItMeets) { pays_for_its_own_chunk("update", {"3000", "2000"}); }

}  // namespace
}  // namespace loom::testing
