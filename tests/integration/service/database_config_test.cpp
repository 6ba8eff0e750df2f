// Consumer settings from pipeline_consumer_configs, while messages flow.
#include "support/flow.h"
#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class DatabaseConfigTest : public ServiceTest {
 protected:
  DatabaseConfigTest() : topic_(new_topic("numbers", 6)) {
    map(numbered_mapping(topic_, "numbers"));
    database().run(numbered_table("numbers"));
    migrate();
  }

  static Environment by_database() {
    return {{"LOOM_USE_DATABASE_CONFIG", "true"}, {"LOOM_DATABASE_CONFIG_CACHE", "1"}};
  }
  /// What the test's environment sets would win over the row.
  [[nodiscard]] Environment told() const {
    Environment all = environment(by_database());
    all.erase("LOOM_RDKAFKA_SESSION_TIMEOUT_MS");
    all.erase("LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS");
    return all;
  }
  static std::string setting(const ServiceHttp& http, const std::string& name) {
    const HttpAnswer answer = http.get("/status");
    return answer.status == 200 ? answer.json().at("settings").value(name, "") : "";
  }
  static ::testing::AssertionResult await_setting(const ServiceHttp& http, const std::string& name,
                                                  const std::string& value) {
    if (await(seconds(30), [&] { return setting(http, name) == value; })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name << " is not " << value << ": " << http.get("/status").body;
  }

  std::string topic_;
};

TEST_F(DatabaseConfigTest, AnUpdateOfTheRowTakesEffectWhileMessagesFlow) {
  database().run(
      "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records, session_timeout_ms, "
      "max_poll_interval_ms, partition_assignment_strategy) VALUES ('kafka-to-db-consumer', '" +
      group() + "', 400, 20000, 60000, 'cooperative-sticky')");
  const ServiceHttp http(start_with(told()));
  ASSERT_TRUE(await_setting(http, "max.poll.records", "400"));
  EXPECT_TRUE(await_setting(http, "session.timeout.ms", "20000"));
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 2'000, .shares = {1, 1, 1, 1, 1, 1}});
  ASSERT_TRUE(await_count("numbers", 2'000));

  database().run("UPDATE pipeline_consumer_configs SET max_poll_records = 50");
  EXPECT_TRUE(await_setting(http, "max.poll.records", "50"));
  database().run("UPDATE pipeline_consumer_configs SET session_timeout_ms = 30000");
  EXPECT_TRUE(await_setting(http, "session.timeout.ms", "30000"));
  database().run("UPDATE pipeline_consumer_configs SET partition_assignment_strategy = 'range'");
  EXPECT_TRUE(await_setting(http, "partition.assignment.strategy", "range"));
  const std::int64_t before = count("numbers");
  EXPECT_TRUE(await_count("numbers", before + 2'000)) << "nothing is stored after the strategy changed";

  const std::int64_t sent = flow.stop();
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", sent));
}

/// Every 30 s, so this takes as long.
TEST_F(DatabaseConfigTest, WhatItDidAndHowFarItIsBehindIsRecorded) {
  start_with(told());
  send_numbered(topic_, 0, 600);
  ASSERT_TRUE(drained(topic_));
  const std::string of_it = " WHERE service_name = 'kafka-to-db-consumer'";
  ASSERT_TRUE(await_count("consumer_processing_metrics" + of_it, 1, seconds(50)));
  EXPECT_EQ(database().value("SELECT sum(messages_processed) FROM consumer_processing_metrics" + of_it), "600");
  EXPECT_TRUE(await_count("consumer_lag_history" + of_it + " AND consumer_group_id = '" + group() +
                              "' AND current_offset = 100 AND end_offset = 100",
                          6));
}

TEST_F(DatabaseConfigTest, WhatTheEnvironmentSaysWinsOverTheRow) {
  database().run(
      "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, session_timeout_ms, "
      "max_poll_interval_ms) VALUES ('kafka-to-db-consumer', '" +
      group() + "', 20000, 60000)");
  Environment mine = told();
  mine["LOOM_RDKAFKA_SESSION_TIMEOUT_MS"] = "12000";
  const ServiceHttp http(start_with(mine));
  EXPECT_TRUE(await_setting(http, "session.timeout.ms", "12000"));
}

TEST_F(DatabaseConfigTest, AStrategyThatNobodyKnowsIsSaidAndDoesNoHarm) {
  ServiceProcess& service = start_with(told());
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return http.get("/readyz").status == 200; }));
  // As in a table that somebody else made: ours would not take such a row.
  database().run(
      "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = "
      "'pipeline_consumer_configs'::regclass LOOP EXECUTE format('ALTER TABLE pipeline_consumer_configs DROP "
      "CONSTRAINT %I', c.conname); END LOOP; END $$");
  database().run(
      "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, partition_assignment_strategy) VALUES "
      "('kafka-to-db-consumer', '" +
      group() + "', 'no-such-strategy')");
  ASSERT_TRUE(await(seconds(20), [&] { return http.get("/status").json().at("reloads").at("applied") >= 1; }))
      << http.get("/status").body;
  EXPECT_TRUE(service.logged("no-such-strategy")) << "nobody says that the row is odd";
  send_numbered(topic_, 0, 600);
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 600));
}

}  // namespace
}  // namespace loom::testing
