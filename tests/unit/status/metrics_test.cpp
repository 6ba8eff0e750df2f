#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "full_snapshot.h"
#include "status/documents.h"
#include "support/metric_names.h"

namespace loom::status {
namespace {

using loom::testing::differences;
using loom::testing::documented_metrics;
using loom::testing::exported_metrics;
using loom::testing::exported_series;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ::testing::Test {
 protected:
  std::string text() const { return metrics_text(full.snapshot); }
  std::string value(const std::string& series) const {
    const auto all = exported_series(text());
    const auto found = all.find(series);
    return found == all.end() ? "no " + series + " in\n" + text() : found->second;
  }

  FullSnapshot full;
};

TEST_F(MetricsTest, EachIsDocumentedAndEachDocumentedIsThere) {
  EXPECT_EQ(differences(documented_metrics(), exported_metrics(text())), "");
}

TEST_F(MetricsTest, WhatWasCountedIsExported) {
  EXPECT_EQ(value(R"(kafka_to_db_build_info{version="0.1.0+abc"})"), "1");
  EXPECT_EQ(value(R"(kafka_to_db_messages_total{topic="device.audio.raw"})"), "100000");
  EXPECT_EQ(value(R"(kafka_to_db_batches_total{topic="device.audio.raw",outcome="committed"})"), "500");
  EXPECT_EQ(value(R"(kafka_to_db_batches_total{topic="device.audio.raw",outcome="retried"})"), "3");
  EXPECT_EQ(value(R"(kafka_to_db_merged_batches_total{topic="device.audio.raw"})"), "12");
  EXPECT_EQ(value(R"(kafka_to_db_topic_dead_letters_total{topic="device.audio.raw",reason="invalid_json"})"), "10");
  EXPECT_EQ(value(R"(kafka_to_db_bad_messages_total{topic="device.audio.raw"})"), "10");
  EXPECT_EQ(value(R"(kafka_to_db_dead_letters_total{reason="invalid_json"})"), "10");
  EXPECT_EQ(value(R"(kafka_to_db_retries_total{cause="conflict",sqlstate="40001"})"), "2");
  EXPECT_EQ(value(R"(kafka_to_db_retries_total{cause="away",sqlstate="connection_lost"})"), "1");
  EXPECT_EQ(value(R"(kafka_to_db_trouble{cause="schema"})"), "1");
  EXPECT_EQ(value(R"(kafka_to_db_trouble{cause="disk_full"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_topic_stopped{topic="device.gps.raw"})"), "1");
  EXPECT_EQ(value(R"(kafka_to_db_topic_stopped{topic="device.audio.raw"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_topic_stops_total{topic="device.gps.raw"})"), "2");
  EXPECT_EQ(value(R"(kafka_to_db_pool_max_connections)"), "50");
  EXPECT_EQ(value(R"(kafka_to_db_broker_round_trip_p99_seconds{broker="1"})"), "0.004");
  EXPECT_EQ(value(R"(kafka_to_db_reloads_total{outcome="refused"})"), "2");
}

TEST_F(MetricsTest, SeriesAreThereBeforeAnythingHappens) {
  EXPECT_EQ(value(R"(kafka_to_db_messages_total{topic="device.new.raw"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_bad_messages_total{topic="device.new.raw"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_topic_stopped{topic="device.new.raw"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_dead_letters_total{reason="tombstone"})"), "0");
  EXPECT_THAT(text(), Not(HasSubstr("nobody"))) << "a pattern is not a topic";
  for (const char* const cause : {"away", "disk_full", "read_only", "too_many_connections", "locked", "no_privilege",
                                  "login_refused", "out_of_memory", "timeout", "conflict", "schema", "other"}) {
    EXPECT_THAT(text(), HasSubstr("kafka_to_db_trouble{cause=\"" + std::string(cause) + "\"}"));
    EXPECT_THAT(text(), HasSubstr("kafka_to_db_retries_total{cause=\"" + std::string(cause) + "\",sqlstate="));
  }
}

TEST_F(MetricsTest, ATopicThatAReloadTookAwayKeepsItsCounters) {
  full.snapshot.topics.clear();
  EXPECT_EQ(value(R"(kafka_to_db_messages_total{topic="device.audio.raw"})"), "100000");
}

TEST_F(MetricsTest, HistogramsAreCumulative) {
  EXPECT_EQ(value(R"(kafka_to_db_batch_rows_bucket{le="100"})"), "0");
  EXPECT_EQ(value(R"(kafka_to_db_batch_rows_bucket{le="200"})"), "3");
  EXPECT_EQ(value(R"(kafka_to_db_batch_rows_bucket{le="100000"})"), "3");
  EXPECT_EQ(value(R"(kafka_to_db_batch_rows_bucket{le="+Inf"})"), "4");
  EXPECT_EQ(value("kafka_to_db_batch_rows_count"), "4");
  EXPECT_EQ(value("kafka_to_db_batch_rows_sum"), "1000600");
}

TEST_F(MetricsTest, LagIsExportedUnderTheNamesThatDashboardsKnow) {
  const std::string at = R"({group="kafka-to-db-consumer",topic="device.audio.raw",partition="0"})";
  EXPECT_EQ(value("kafka_consumergroup_lag" + at), "120");
  EXPECT_EQ(value("kafka_consumergroup_group_lag" + at), "120");
  EXPECT_EQ(value("kafka_consumergroup_group_lag_seconds" + at), "0.4");
  EXPECT_EQ(value("kafka_to_db_lag_state" + at), "1");
  EXPECT_EQ(value(R"(kafka_consumergroup_group_sum_lag{group="kafka-to-db-consumer"})"), "120");
  EXPECT_EQ(value(R"(kafka_consumergroup_group_max_lag_seconds{group="kafka-to-db-consumer"})"), "0.4");
  EXPECT_EQ(value(R"(kafka_to_db_lag_drain_messages_per_second{group="kafka-to-db-consumer"})"), "10.5");
}

TEST_F(MetricsTest, LagThatDoesNotShrinkTakesForEver) {
  lag::GroupLag growing = *full.snapshot.lag;
  growing.partitions[0].consumed_per_second = 0;
  full.snapshot.lag = std::make_shared<lag::GroupLag>(growing);
  EXPECT_EQ(value(R"(kafka_to_db_lag_catch_up_seconds{group="kafka-to-db-consumer"})"), "+Inf");
}

TEST_F(MetricsTest, OnlyTheReporterExportsTheLag) {
  full.snapshot.reports_lag = false;
  EXPECT_EQ(value("kafka_to_db_reports_lag"), "0");
  EXPECT_THAT(text(), Not(HasSubstr("kafka_consumergroup")));
}

TEST_F(MetricsTest, LagThatWasNeverKnownIsNotZero) {
  lag::GroupLag unknown = *full.snapshot.lag;
  unknown.partitions.erase(unknown.partitions.begin());
  full.snapshot.lag = std::make_shared<lag::GroupLag>(unknown);
  EXPECT_THAT(text(), Not(HasSubstr("kafka_consumergroup")));
}

TEST_F(MetricsTest, LabelsAreEscaped) {
  full.counters.count_retry(batch::Cause::other, "a\"b\\c\nd");
  EXPECT_THAT(text(), HasSubstr(R"(kafka_to_db_retries_total{cause="other",sqlstate="a\"b\\c\nd"} 1)"));
}

TEST_F(MetricsTest, TheProcessIsMeasured) {
  EXPECT_GT(std::stod(value("process_resident_memory_bytes")), 1e6);
  EXPECT_GE(std::stod(value("process_open_fds")), 3);
  EXPECT_GE(std::stod(value("process_threads")), 1);
  EXPECT_GE(std::stod(value("process_cpu_seconds_total")), 0);
  EXPECT_GT(std::stod(value("process_start_time_seconds")), 1.6e9);
}

}  // namespace
}  // namespace loom::status
