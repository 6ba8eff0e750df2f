// PostgreSQL's own partitions by day, as somebody makes them by hand, and as pg_partman makes them.
#include <fmt/format.h>

#include <iostream>

#include "extended_test.h"
#include "support/http.h"

namespace loom::testing {
namespace {

class DailyPartitionsTest : public ServiceTest {
 protected:
  DailyPartitionsTest() : topic_(new_topic("readings", 1)) {}

  void map_readings(const std::string& more = "") {
    map("  " + topic_ +
        ":\n    table: readings\n    field_mappings: {id: id, at: at}\n    data_types: {at: timestamp}\n" + more);
  }
  /// 2020-01-01 and the days after it.
  void make_days(int days, const std::string& key = "") const {
    database().run("CREATE TABLE readings (id bigint, at timestamptz" + key + ") PARTITION BY RANGE (at)");
    database().run(
        fmt::format("DO $$ BEGIN SET LOCAL timezone = 'UTC'; FOR day IN 0..{} LOOP EXECUTE format('CREATE TABLE "
                    "readings_%s PARTITION "
                    "OF readings FOR VALUES FROM (%L) TO (%L)', day, timestamptz '2020-01-01' + day * interval '1 "
                    "day', timestamptz "
                    "'2020-01-01' + (day + 1) * interval '1 day'); END LOOP; END $$",
                    days - 1));
  }
  void add(std::int64_t id, std::int64_t second) {
    producer().send(
        topic_,
        {.value = fmt::format(R"({{"id": {}, "at": {}}})", id, second), .key = {}, .partition = 0, .headers = {}});
  }
  static constexpr std::int64_t kFirst = 1'577'836'800;  // 2020-01-01
  static constexpr std::int64_t kDay = 86'400;

  [[nodiscard]] static std::string stopped_for(const ServiceHttp& http) {
    const auto stopped = http.get("/status").json().at("stopped_topics");
    return stopped.empty() ? "" : stopped.at(0).at("reason").get<std::string>();
  }

  std::string topic_;
};

TEST_F(DailyPartitionsTest, RowsBeforeTheOldestAndAfterTheNewestAreTheOnlyDeadLettersWhereTheMappingSaysSo) {
  constexpr int kDays = 500;
  make_days(kDays, ", PRIMARY KEY (id, at)");
  map_readings("    no_partition: dead_letter\n    upsert_key: [id, at]\n    conflict_strategy: update\n");
  migrate();
  for (int i = 0; i < 5'000; ++i) add(i, kFirst + i % kDays * kDay + i);
  // 1969, 1970, the second before the oldest, the first after the newest, 2262, 9999
  for (const std::int64_t second : {std::int64_t{-1}, std::int64_t{0}, kFirst - 1, kFirst + kDays * kDay,
                                    std::int64_t{9'223'372'036}, std::int64_t{253'402'300'799}}) {
    add(second, second);
  }
  producer().flush();
  const auto begin = std::chrono::steady_clock::now();
  start({{"LOOM_KAFKA_BATCH_SIZE", "20000"}, {"LOOM_KAFKA_BATCH_MAX", "20000"}});
  ASSERT_TRUE(drained(topic_, seconds(120)));
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  EXPECT_EQ(count("readings"), 5'000);
  EXPECT_EQ(count("kafka_dead_letters WHERE sqlstate = '23514'"), 6);
  EXPECT_EQ(count("kafka_dead_letters"), 6);
  std::cout << "5,006 rows, 500 partitions, 6 rows without one: " << took.count() << " ms" << std::endl;
}

TEST_F(DailyPartitionsTest, ElseTheTopicStopsUntilThereIsOne) {
  make_days(2);
  map_readings();
  add(0, kFirst);
  add(1, kFirst - 1);
  producer().flush();
  auto& service = start();
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return !stopped_for(http).empty(); }));
  EXPECT_NE(stopped_for(http).find("2019-12-31"), std::string::npos) << stopped_for(http);
  database().run("CREATE TABLE readings_before PARTITION OF readings FOR VALUES FROM (MINVALUE) TO ('2020-01-01Z')");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("readings"), 2);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

class PartmanTest : public DailyPartitionsTest {
 protected:
  /// Partitions of a day from so many days before today to as many after it; a DEFAULT partition for the rest, or none.
  void make_events(bool with_default) const {
    database().run("CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman");
    database().run(
        "CREATE TABLE readings (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)");
    database().run(fmt::format(
        "SELECT partman.create_parent(p_parent_table := 'public.readings', p_control := 'at', p_interval := '1 day', "
        "p_premake := 4, p_default_table := {})",
        with_default));
  }
  [[nodiscard]] std::int64_t second(int days_from_now) const {
    return std::stoll(database().value(
        fmt::format("SELECT extract(epoch FROM now() + {} * interval '1 day')::bigint", days_from_now)));
  }
};

TEST_F(PartmanTest, RowsGoIntoItsPartitionsAndWhatIsBeyondThemIntoTheDefault) {
  make_events(true);
  map_readings("    upsert_key: [id, at]\n    conflict_strategy: replace\n");
  for (int day = -4; day <= 4; ++day) add(day, second(day));
  add(100, second(100));
  add(-3'000, second(-3'000));
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("readings"), 11);
  EXPECT_EQ(count("readings_default"), 2);
  EXPECT_EQ(count("(SELECT DISTINCT tableoid FROM readings) AS each"), 10) << "a partition each";
  // The same again, and partman moves what is in the default meanwhile.
  database().run("CALL partman.partition_data_proc('public.readings')");
  EXPECT_EQ(count("readings_default"), 0);
  for (int day = -4; day <= 4; ++day) add(day + 1'000, second(day));
  producer().flush();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("readings"), 20);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(PartmanTest, WithoutADefaultTheTopicWaitsForItsMaintenance) {
  make_events(false);
  map_readings();
  add(0, second(0));
  add(6, second(6));
  producer().flush();
  auto& service = start();
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return !stopped_for(http).empty(); }));
  database().run(
      "UPDATE partman.part_config SET premake = 10, infinite_time_partitions = true; SELECT partman.run_maintenance()");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("readings"), 2);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

}  // namespace
}  // namespace loom::testing
