#include "app/database_settings.h"

#include <gmock/gmock.h>

namespace loom::app {
namespace {

using kafka::ConsumerConfig;
using settings::Config;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class DatabaseSettings : public ::testing::Test {
 protected:
  DatabaseSettings() {
    config_.database.consumer_group = "ours";
    row_.service_name = kServiceName;
    row_.consumer_group_id = "ours";
    row_.source = "row";
  }
  Config put() { return with_row(config_, row_, warnings_); }

  Config config_;
  ConsumerConfig row_;
  std::vector<std::string> warnings_;
};

TEST_F(DatabaseSettings, TheRowSaysHowToConsume) {
  row_.max_poll_records = 777;
  row_.session_timeout_ms = 45'000;
  row_.partition_assignment_strategy = "cooperative-sticky";
  const Config config = put();
  EXPECT_EQ(config.max_poll_records, 777U);
  EXPECT_THAT(config.rdkafka, Contains(Pair("session.timeout.ms", "45000")));
  EXPECT_THAT(config.rdkafka, Contains(Pair("partition.assignment.strategy", "cooperative-sticky")));
  EXPECT_EQ(config.consumer_settings_from, "pipeline_consumer_configs (row)");
}

TEST_F(DatabaseSettings, WhatTheUserSetsWins) {
  config_.rdkafka["session.timeout.ms"] = "12000";
  EXPECT_THAT(put().rdkafka, Contains(Pair("session.timeout.ms", "12000")));
}

TEST_F(DatabaseSettings, WhatTheBrokerDecidesIsNotTheRows) {
  config_.rdkafka["group.protocol"] = "consumer";
  row_.session_timeout_ms = 45'000;
  row_.max_poll_interval_ms = 100'000;
  const Config config = put();
  EXPECT_THAT(config.rdkafka, Not(Contains(Key("session.timeout.ms"))));
  EXPECT_THAT(config.rdkafka, Not(Contains(Key("heartbeat.interval.ms"))));
  EXPECT_THAT(config.rdkafka, Not(Contains(Key("partition.assignment.strategy"))));
  EXPECT_THAT(config.rdkafka, Contains(Pair("max.poll.interval.ms", "100000")));
}

TEST_F(DatabaseSettings, OffsetsAndTheGroupAreNeverTheRows) {
  row_.consumer_group_id = "theirs";
  const Config config = put();
  EXPECT_EQ(config.group_id(), "ours");
  EXPECT_THAT(config.rdkafka, Not(Contains(Key("enable.auto.commit"))));
  EXPECT_THAT(config.rdkafka, Not(Contains(Key("auto.offset.reset"))));
  EXPECT_THAT(warnings_, Contains(HasSubstr("theirs")));
}

TEST_F(DatabaseSettings, DefaultsThatNobodyWroteDownChangeNothing) {
  row_.source = "default";
  const Config config = put();
  EXPECT_THAT(config.rdkafka, IsEmpty());
  EXPECT_EQ(config.max_poll_records, Config{}.max_poll_records);
  EXPECT_EQ(config.consumer_settings_from, "environment");
}

}  // namespace
}  // namespace loom::app
