// The migrations over what an earlier program left: rows and columns stay, and all works as on an empty database.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "configs/configs_fixture.h"
#include "schema/migrations.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OlderTables : public ::testing::Test {
 protected:
  void before(const std::string& sql) const { database_.run(sql); }
  void migrate() const { schema::Migrator(database_.url()).apply(); }
  [[nodiscard]] std::string value(const std::string& sql) const { return database_.value(sql); }
  [[nodiscard]] Rows rows(const std::string& sql) const { return database_.rows(sql); }
  /// What services and people do with it.
  void use() const {
    database_.run(
        "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records, "
        "session_timeout_ms, max_poll_interval_ms) VALUES ('new', 'g', 500, 30000, 60000), ('slow', 'g', 1, 300000, "
        "600000)");
    database_.run("SELECT populate_consumer_configs(true)");
    database_.run(
        "INSERT INTO consumer_processing_metrics (service_name, messages_processed, messages_per_second, "
        "processing_time_ms, memory_usage_mb, errors, rebalances) VALUES ('kyutai-stt', 1, 1, 1, 1, 1, 1)");
    database_.run(
        "INSERT INTO consumer_lag_history (service_name, consumer_group_id, topic, partition, current_offset, "
        "end_offset, lag) VALUES ('kyutai-stt', 'g', 't', 0, 0, 5000, 5000)");
    EXPECT_THAT(rows("SELECT setting, before, after FROM apply_consumer_recommendations()"),
                ElementsAre(ElementsAre("max_poll_records", "10", "50")));
    EXPECT_EQ(value("SELECT count(*) FROM v_current_consumer_lag"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM v_consumer_config_monitoring WHERE service_name = 'kyutai-stt' AND "
                    "effectiveness <> 'not reporting'"),
              "1");
    EXPECT_THAT(rows("SELECT generate_partition_update_script()"), ::testing::Not(IsEmpty()));
    EXPECT_EQ(value("SELECT mark_partition_changes_applied() > 0"), "t");
    EXPECT_THAT(rows("SELECT * FROM maintain_consumer_metrics()"), ::testing::SizeIs(2));
  }

 private:
  TestDatabase database_;
};

TEST_F(OlderTables, WithFewerColumnsAreCompletedAndKeepTheirRows) {
  before(
      "CREATE TABLE pipeline_consumer_configs (id serial PRIMARY KEY, service_name varchar(100) NOT NULL UNIQUE, "
      "consumer_group_id varchar(100) NOT NULL, max_poll_records int DEFAULT 100, session_timeout_ms int DEFAULT "
      "30000, "
      "max_poll_interval_ms int DEFAULT 300000, owner text DEFAULT 'us');"
      "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records) VALUES ('silero-vad', "
      "'loom-vad', 400);"
      "CREATE TABLE consumer_processing_metrics (id bigserial PRIMARY KEY, service_name text NOT NULL, timestamp "
      "timestamptz "
      "DEFAULT now(), messages_processed int NOT NULL);"
      "INSERT INTO consumer_processing_metrics (service_name, messages_processed) VALUES ('silero-vad', 12);"
      "CREATE TABLE consumer_lag_history (service_name text, topic text, partition int, lag bigint, timestamp "
      "timestamptz DEFAULT now());"
      "INSERT INTO consumer_lag_history VALUES ('silero-vad', 'device.audio.raw', 0, 3, now() - interval '2 hours');"
      "CREATE TABLE topic_partition_recommendations (topic_name text PRIMARY KEY, recommended_partitions int NOT NULL, "
      "note text);"
      "INSERT INTO topic_partition_recommendations VALUES ('device.audio.raw', 12, 'ours')");
  migrate();
  EXPECT_THAT(
      rows("SELECT id, consumer_group_id, max_poll_records, owner, heartbeat_interval_ms, max_partition_fetch_bytes "
           "FROM pipeline_consumer_configs"),
      ElementsAre(ElementsAre("1", "loom-vad", "400", "us", "10000", "52428800")));
  EXPECT_THAT(rows("SELECT id, messages_processed, errors FROM consumer_processing_metrics"),
              ElementsAre(ElementsAre("1", "12", "0")));
  EXPECT_THAT(rows("SELECT lag, end_offset FROM consumer_lag_history"), ElementsAre(ElementsAre("3", "NULL")));
  EXPECT_THAT(rows("SELECT recommended_partitions, note FROM topic_partition_recommendations WHERE topic_name = "
                   "'device.audio.raw'"),
              ElementsAre(ElementsAre("12", "ours")));
  use();
  EXPECT_EQ(value("SELECT consumer_group_id FROM pipeline_consumer_configs WHERE service_name = 'silero-vad'"),
            "loom-vad");
}

TEST_F(OlderTables, WithNothingButANameDoToo) {
  before(
      "CREATE TABLE pipeline_consumer_configs (service_name text); CREATE TABLE consumer_config_profiles (profile text "
      "PRIMARY KEY, kind text, service_type text, topics text[], description text); CREATE TABLE "
      "consumer_processing_metrics "
      "(service_name text); CREATE TABLE consumer_lag_history (service_name text); CREATE TABLE "
      "topic_partition_recommendations (topic_name text PRIMARY KEY);"
      "INSERT INTO pipeline_consumer_configs VALUES ('a'), ('kyutai-stt'); INSERT INTO consumer_lag_history VALUES "
      "('a')");
  migrate();
  EXPECT_EQ(value("SELECT max_poll_records FROM pipeline_consumer_configs WHERE service_name = 'kyutai-stt'"), "10");
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history WHERE service_name = 'a'"), "1");
}

TEST_F(OlderTables, RowsThatBreakACheckStayAndNewOnesMustNot) {
  before(
      "CREATE TABLE pipeline_consumer_configs (service_name text PRIMARY KEY, session_timeout_ms int, "
      "heartbeat_interval_ms int);"
      "INSERT INTO pipeline_consumer_configs VALUES ('odd', 10000, 9000)");
  migrate();
  EXPECT_EQ(value("SELECT heartbeat_interval_ms FROM pipeline_consumer_configs"), "9000");
  EXPECT_EQ(value("SELECT heartbeat_interval_ms FROM effective_consumer_config('odd')"), "9000");
  EXPECT_THROW(before("INSERT INTO pipeline_consumer_configs VALUES ('odd too', 10000, 9000)"), std::runtime_error);
  use();
}

TEST_F(OlderTables, TwoRowsOfOneServiceStayAndTheLastChangedOneHolds) {
  before(
      "CREATE TABLE pipeline_consumer_configs (service_name text, max_poll_records int, updated_at timestamptz);"
      "INSERT INTO pipeline_consumer_configs VALUES ('two', 5, '2024-01-01'), ('two', 6, '2024-01-01')");
  migrate();
  before("UPDATE pipeline_consumer_configs SET updated_at = now() + interval '1 minute' WHERE max_poll_records = 6");
  EXPECT_EQ(value("SELECT count(*) FROM pipeline_consumer_configs"), "2");
  EXPECT_EQ(value("SELECT max_poll_records FROM effective_consumer_config('two')"), "6");
  use();
}

TEST_F(OlderTables, ViewsAndFunctionsOfTheseNamesArePutAside) {
  before(
      "CREATE VIEW v_consumer_alerts AS SELECT 1 AS something_else;"
      "CREATE VIEW theirs AS SELECT something_else + 1 AS n FROM v_consumer_alerts;"
      "CREATE FUNCTION generate_partition_update_script() RETURNS text LANGUAGE sql AS 'SELECT ''old''';"
      "CREATE FUNCTION mark_partition_changes_applied() RETURNS void LANGUAGE sql AS ''");
  migrate();
  EXPECT_EQ(value("SELECT n FROM theirs"), "2");
  EXPECT_EQ(value("SELECT something_else FROM v_consumer_alerts_before_040"), "1");
  EXPECT_EQ(value("SELECT generate_partition_update_script_before_039()"), "old");
  use();
}

}  // namespace
}  // namespace loom::testing
