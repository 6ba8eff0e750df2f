// What a row of settings becomes, and what holds for a service that has none.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "configs/configs_fixture.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Settings : public ConfigsTest {
 protected:
  /// Session, heartbeat, poll interval and request timeout of a row that was inserted with these columns.
  std::string timeouts_of(const std::string& columns, const std::string& values) {
    const std::string name = fmt::format("s{}", ++services_);
    run(fmt::format("INSERT INTO pipeline_consumer_configs (service_name, {}) VALUES ('{}', {})", columns, name,
                    values));
    return value(
        fmt::format("SELECT concat_ws(' ', session_timeout_ms, heartbeat_interval_ms, max_poll_interval_ms, "
                    "request_timeout_ms) FROM pipeline_consumer_configs WHERE service_name = '{}'",
                    name));
  }
  [[nodiscard]] std::string effective(const std::string& service, const std::string& columns) const {
    return value(fmt::format("SELECT concat_ws(' ', {}) FROM effective_consumer_config('{}')", columns, service));
  }

 private:
  int services_ = 0;
};

TEST_F(Settings, LeftOutTimeoutsFitTheGivenOnes) {
  struct Given {
    const char* columns;
    const char* values;
    const char* expected;
  };
  for (const Given& one : {
           Given{"max_poll_records", "7", "30000 10000 300000 305000"},
           Given{"session_timeout_ms, max_poll_interval_ms", "30000, 60000", "30000 10000 60000 305000"},
           Given{"session_timeout_ms, max_poll_interval_ms", "300000, 600000", "300000 10000 600000 605000"},
           Given{"session_timeout_ms", "120000", "120000 10000 300000 305000"},
           Given{"session_timeout_ms", "400000", "400000 10000 800000 805000"},
           Given{"session_timeout_ms", "6000", "6000 2000 300000 305000"},
           Given{"session_timeout_ms", "3", "3 1 300000 305000"},
           Given{"heartbeat_interval_ms", "15000", "45000 15000 300000 305000"},
           Given{"heartbeat_interval_ms", "14999", "30000 14999 300000 305000"},
           Given{"max_poll_interval_ms", "20000", "10000 3333 20000 305000"},
           Given{"max_poll_interval_ms, heartbeat_interval_ms", "21000, 10000", "20001 10000 21000 305000"},
           Given{"session_timeout_ms", "2000000000", "2000000000 10000 2147483647 2147483647"},
           Given{"request_timeout_ms", "1000", "30000 10000 300000 1000"},
       }) {
    EXPECT_EQ(timeouts_of(one.columns, one.values), one.expected) << one.columns << " = " << one.values;
  }
}

TEST_F(Settings, LeftOutFetchSizesFitTheGivenOnes) {
  run("INSERT INTO pipeline_consumer_configs (service_name, max_partition_fetch_bytes) VALUES ('large', 104857600)");
  EXPECT_EQ(effective("large", "fetch_max_bytes, max_partition_fetch_bytes"), "104857600 104857600");
  run("INSERT INTO pipeline_consumer_configs (service_name, fetch_max_bytes) VALUES ('small', 65536)");
  EXPECT_EQ(effective("small", "fetch_max_bytes, max_partition_fetch_bytes"), "65536 65536");
}

TEST_F(Settings, ARowOfAKnownTypeIsFilledInFromItsType) {
  run("INSERT INTO pipeline_consumer_configs (service_name, service_type, max_poll_records) VALUES ('eyes', 'vision', "
      "2)");
  EXPECT_EQ(effective("eyes", "max_poll_records, session_timeout_ms, max_poll_interval_ms, fetch_max_wait_ms, source"),
            "2 60000 600000 100 row");
}

TEST_F(Settings, ARowOfAKnownServiceIsFilledInFromItsProfile) {
  run("INSERT INTO pipeline_consumer_configs (service_name, session_timeout_ms) VALUES ('gps-geocoding-consumer', "
      "90000)");
  EXPECT_EQ(effective("gps-geocoding-consumer",
                      "consumer_group_id, service_type, max_poll_records, session_timeout_ms, "
                      "retry_backoff_ms, partition_assignment_strategy"),
            "gps-geocoding-consumer network 5 90000 1000 sticky");
}

TEST_F(Settings, WhatCannotBeRightIsRefused) {
  const auto insert = [this](const std::string& columns, const std::string& values) {
    return refusal(
        fmt::format("INSERT INTO pipeline_consumer_configs (service_name, {}) VALUES ('x', {})", columns, values));
  };
  EXPECT_THAT(insert("max_poll_records", "0"), HasSubstr("records_1_to_5000"));
  EXPECT_THAT(insert("max_poll_records", "5001"), HasSubstr("records_1_to_5000"));
  EXPECT_THAT(insert("session_timeout_ms, heartbeat_interval_ms", "30000, 15000"),
              HasSubstr("session_above_two_heartbeats"));
  EXPECT_THAT(insert("session_timeout_ms, max_poll_interval_ms", "30000, 30000"),
              HasSubstr("poll_interval_above_session"));
  EXPECT_THAT(insert("partition_assignment_strategy", "'best'"), HasSubstr("known_strategy"));
  EXPECT_THAT(insert("auto_offset_reset", "'newest'"), HasSubstr("known_offset_reset"));
  EXPECT_THAT(insert("fetch_max_bytes", "0"), HasSubstr("not_negative"));
  EXPECT_EQ(insert("max_poll_records", "5000"), "");
  EXPECT_THAT(refusal("UPDATE pipeline_consumer_configs SET session_timeout_ms = 300000"),
              HasSubstr("poll_interval_above_session"));
}

TEST_F(Settings, AnUpdateToNullAsksForAFittingValueAndIsRemembered) {
  run("INSERT INTO pipeline_consumer_configs (service_name, heartbeat_interval_ms, updated_at) VALUES ('x', 5000, "
      "'2020-01-01')");
  run("UPDATE pipeline_consumer_configs SET session_timeout_ms = 9000, heartbeat_interval_ms = NULL");
  EXPECT_EQ(effective("x", "session_timeout_ms, heartbeat_interval_ms"), "9000 3000");
  EXPECT_EQ(value("SELECT updated_at > now() - interval '1 minute' FROM pipeline_consumer_configs"), "t");
}

TEST_F(Settings, AreTheRowElseTheProfileElseTheDefaults) {
  EXPECT_EQ(effective("step-counter", "max_poll_records, source"), "1000 profile");
  run("INSERT INTO pipeline_consumer_configs (service_name, max_poll_records) VALUES ('step-counter', 77)");
  EXPECT_EQ(effective("step-counter", "max_poll_records, source"), "77 row");
  EXPECT_EQ(effective("never heard of", "max_poll_records, consumer_group_id, source"), "100 never heard of default");
  EXPECT_EQ(effective("vision", "source"), "default") << "a type is not a service";
  EXPECT_EQ(value("SELECT count(*) FROM effective_consumer_config(NULL)"), "1");
}

TEST_F(Settings, OfTheTypesAreTheMatrix) {
  EXPECT_THAT(
      rows("SELECT concat_ws(' ', profile, max_poll_records, session_timeout_ms / 1000, max_poll_interval_ms / 60000, "
           "fetch_max_wait_ms) FROM consumer_config_profiles WHERE kind = 'type' ORDER BY profile"),
      ElementsAre(ElementsAre("audio 500 30 1 500"), ElementsAre("database 1000 30 1 500"),
                  ElementsAre("llm 1 120 20 100"), ElementsAre("network 10 60 5 1000"),
                  ElementsAre("sensor 500 30 1 500"), ElementsAre("speech 10 60 5 500"),
                  ElementsAre("vision 1 60 10 100")));
}

TEST_F(Settings, OfTheNamedServicesAreTheMatrix) {
  EXPECT_THAT(
      rows("SELECT concat_ws(' ', profile, max_poll_records, session_timeout_ms / 1000, max_poll_interval_ms / 60000, "
           "fetch_max_wait_ms, max_partition_fetch_bytes / 1048576) FROM consumer_config_profiles WHERE kind = "
           "'service' "
           "ORDER BY profile"),
      ElementsAre(ElementsAre("activity-classifier 500 30 1 500 1"), ElementsAre("face-emotion 1 60 10 100 50"),
                  ElementsAre("gemma3n-processor 1 120 20 100 1"), ElementsAre("georegion-detector 100 30 1 500 1"),
                  ElementsAre("gps-geocoding-consumer 5 60 5 1000 1"),
                  ElementsAre("kafka-to-db-consumer 1000 30 1 500 1"), ElementsAre("kyutai-stt 10 60 5 500 50"),
                  ElementsAre("minicpm-vision 1 60 10 100 50"), ElementsAre("moondream-station 1 60 10 100 50"),
                  ElementsAre("nomic-embed 1 120 20 100 1"), ElementsAre("onefilellm 10 60 5 1000 1"),
                  ElementsAre("scheduled-consumers 10 60 5 1000 1"), ElementsAre("silero-vad 500 30 1 500 50"),
                  ElementsAre("step-counter 1000 30 1 500 1"), ElementsAre("text-embedder 1 120 20 100 1")));
}

TEST_F(Settings, PopulateMakesRowsAndLeavesThoseThatAreThere) {
  run("INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records) "
      "VALUES ('silero-vad', 'loom-vad', 42)");
  EXPECT_EQ(value("SELECT count(*) FROM populate_consumer_configs() WHERE action = 'inserted'"), "14");
  EXPECT_EQ(effective("silero-vad", "consumer_group_id, max_poll_records"), "loom-vad 42");
  EXPECT_EQ(value("SELECT count(*) FROM populate_consumer_configs() WHERE action = 'kept'"), "15");

  EXPECT_THAT(rows("SELECT service_name FROM populate_consumer_configs(true) WHERE action = 'overwritten'"),
              ElementsAre(ElementsAre("silero-vad")));
  EXPECT_EQ(effective("silero-vad", "consumer_group_id, max_poll_records"), "loom-vad 500") << "its group stays";
  EXPECT_EQ(value("SELECT count(*) FROM populate_consumer_configs(true) WHERE action = 'unchanged'"), "15");
  EXPECT_THAT(
      rows("SELECT p.profile FROM consumer_config_profiles p, effective_consumer_config(p.profile) e "
           "WHERE p.kind = 'service' AND consumer_settings_of(to_jsonb(p)) <> consumer_settings_of(to_jsonb(e))"),
      IsEmpty())
      << "a populated row says what its profile says";
}

TEST_F(Settings, TheMigrationsCanBeRunAgainAndKeepWhatWasChanged) {
  run("UPDATE consumer_config_profiles SET max_poll_records = 900 WHERE profile = 'step-counter'");
  run("UPDATE consumer_advice_thresholds SET lag_high = 5");
  run("INSERT INTO consumer_lag_history (service_name, lag) VALUES ('x', 6)");
  for (const auto& file : migration_files()) ASSERT_NO_THROW(database().run_file(file)) << file;
  EXPECT_EQ(effective("step-counter", "max_poll_records"), "900");
  EXPECT_EQ(value("SELECT alert_level FROM v_consumer_lag_alerts"), "critical");
}

TEST_F(Settings, PartitionScriptsAreThereUntilTheyAreMarked) {
  const Rows script = rows("SELECT generate_partition_update_script()");
  ASSERT_GE(script.size(), 2U);
  EXPECT_THAT(script[0], ElementsAre("kafka-topics --alter --topic device.sensor.accelerometer.raw --partitions 10"));
  EXPECT_THAT(script[1], ElementsAre("kafka-topics --alter --topic device.audio.raw --partitions 6"));
  run("INSERT INTO topic_partition_recommendations (topic_name, current_partitions, recommended_partitions) VALUES "
      "('enough', 8, 8), ('evil; rm -rf', 1, 2)");
  EXPECT_EQ(rows("SELECT generate_partition_update_script()").size(), script.size());
  EXPECT_EQ(value("SELECT mark_partition_changes_applied()"), std::to_string(script.size() + 1));
  EXPECT_THAT(rows("SELECT generate_partition_update_script()"), IsEmpty());
  EXPECT_EQ(
      value("SELECT current_partitions FROM topic_partition_recommendations WHERE topic_name = 'device.audio.raw'"),
      "6");
}

}  // namespace
}  // namespace loom::testing
