// The services' metrics on TimescaleDB, by migrations 038 to 042: as hypertables, whichever edition it is.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "extended_test.h"
#include "schema/migrations.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> kMetricsTables{"consumer_lag_history", "consumer_processing_metrics"};

class MetricsTablesTest : public ::testing::Test {
 protected:
  void extend() const { make_extensions(database_, {"timescaledb"}); }
  void migrate() const { schema::Migrator(database_.url()).apply(); }
  void run(const std::string& sql) const { database_.run(sql); }
  [[nodiscard]] std::string value(const std::string& sql) const { return database_.value(sql); }
  [[nodiscard]] Rows rows(const std::string& sql) const { return database_.rows(sql); }
  [[nodiscard]] Rows hypertables() const {
    return rows("SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1");
  }
  /// The edition that has policies; the other one is Debian's.
  [[nodiscard]] bool has_policies() const { return value("SHOW timescaledb.license") == "timescale"; }
  void report(int days_ago, const std::string& service) const {
    run(fmt::format(
        "INSERT INTO consumer_processing_metrics (service_name, timestamp) VALUES ('{0}', now() - interval '{1} "
        "days'); INSERT INTO consumer_lag_history (service_name, topic, timestamp) VALUES ('{0}', 't', now() - "
        "interval "
        "'{1} days')",
        service, days_ago));
  }
  [[nodiscard]] std::vector<std::string> services_in(const std::string& table) const {
    std::vector<std::string> names;
    for (const auto& row : rows("SELECT service_name FROM " + table + " ORDER BY 1")) names.push_back(row[0]);
    return names;
  }
  /// What is reported, seen through each view.
  void use() const {
    run("SELECT record_consumer_metrics('s', 10, 1.5, 2.5, 100, 0, 0)");
    run("SELECT record_consumer_lag('s', 'g', ARRAY['t'], ARRAY[0], ARRAY[0::bigint], ARRAY[5000::bigint])");
    EXPECT_EQ(value("SELECT lag FROM v_current_consumer_lag WHERE service_name = 's'"), "5000");
    EXPECT_EQ(value("SELECT messages_processed FROM v_consumer_performance_monitor WHERE service_name = 's'"), "10");
    EXPECT_EQ(value("SELECT count(*) > 0 FROM v_consumer_alerts WHERE service_name = 's'"), "t");
  }

  TestDatabase database_;
};

TEST_F(MetricsTablesTest, AreHypertablesOfADayAndMigratingAgainDoesNothing) {
  extend();
  migrate();
  EXPECT_THAT(schema::Migrator(database_.url()).apply(), IsEmpty());
  EXPECT_THAT(hypertables(), ElementsAre(ElementsAre(kMetricsTables[0]), ElementsAre(kMetricsTables[1])));
  EXPECT_THAT(rows("SELECT DISTINCT time_interval FROM timescaledb_information.dimensions"),
              ElementsAre(ElementsAre("1 day")));
  EXPECT_EQ(value("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name IN ('policy_retention', "
                  "'policy_compression') AND hypertable_name LIKE 'consumer_%'"),
            has_policies() ? "4" : "0");
  use();
}

TEST_F(MetricsTablesTest, AreKeptForThirtyDaysWithoutAPolicyToo) {
  extend();
  migrate();
  for (const int days : {0, 1, 29, 32, 40, 400}) report(days, fmt::format("{:03}", days));
  EXPECT_THAT(rows("SELECT dropped, deleted FROM maintain_consumer_metrics()"),
              ElementsAre(ElementsAre("3", "0"), ElementsAre("3", "0")));
  for (const auto& table : kMetricsTables) EXPECT_THAT(services_in(table), ElementsAre("000", "001", "029")) << table;
  EXPECT_THAT(rows("SELECT dropped, deleted FROM maintain_consumer_metrics('12 hours')"),
              ElementsAre(ElementsAre("1", "0"), ElementsAre("1", "0")));
  for (const auto& table : kMetricsTables) EXPECT_THAT(services_in(table), ElementsAre("000", "001")) << table;
  use();
}

TEST_F(MetricsTablesTest, AnExtensionThatComesLaterLeavesThePartitionsAsTheyAre) {
  migrate();
  extend();
  report(40, "old");
  report(0, "new");
  EXPECT_THAT(schema::Migrator(database_.url()).apply(), IsEmpty());
  EXPECT_THAT(rows("SELECT table_name FROM maintain_consumer_metrics()"), SizeIs(2));
  EXPECT_THAT(hypertables(), IsEmpty());
  for (const auto& table : kMetricsTables) EXPECT_THAT(services_in(table), ElementsAre("new")) << table;
  use();
}

TEST_F(MetricsTablesTest, OlderTablesKeepTheirRowsAndBecomeHypertablesWhereTheirKeyAllowsIt) {
  extend();
  run("CREATE TABLE consumer_lag_history (service_name text, topic text, partition int, lag bigint, timestamp "
      "timestamptz DEFAULT now()); INSERT INTO consumer_lag_history VALUES ('kept', 't', 0, 3, now())");
  run("CREATE TABLE consumer_processing_metrics (id bigserial PRIMARY KEY, service_name text NOT NULL, timestamp "
      "timestamptz DEFAULT now()); INSERT INTO consumer_processing_metrics (service_name) VALUES ('kept')");
  migrate();
  EXPECT_THAT(hypertables(), ElementsAre(ElementsAre("consumer_lag_history")));
  for (const auto& table : kMetricsTables) EXPECT_THAT(services_in(table), ElementsAre("kept")) << table;
  report(40, "old");
  EXPECT_THAT(rows("SELECT dropped, deleted FROM maintain_consumer_metrics()"),
              ElementsAre(ElementsAre("0", "1"), ElementsAre("1", "0")));
  for (const auto& table : kMetricsTables) EXPECT_THAT(services_in(table), ElementsAre("kept")) << table;
  use();
}

TEST_F(MetricsTablesTest, OneThatFailsInTheMiddleLeavesNothingOfItself) {
  extend();
  std::vector<schema::Migration> broken;
  for (const schema::Migration& one : schema::embedded_migrations()) {
    broken.push_back(one);
    if (one.version == "041") broken.back().sql += "\nSELECT 1 / 0;";
  }
  try {
    schema::Migrator(database_.url(), broken).apply();
    FAIL() << "it has to fail";
  } catch (const schema::MigrationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("division by zero"));
  }
  EXPECT_THAT(hypertables(), IsEmpty());
  EXPECT_EQ(value("SELECT count(*) FROM pg_proc WHERE proname = 'maintain_consumer_metrics'"), "0");
  EXPECT_EQ(value("SELECT max(version) FROM schema_migrations"), "040");
  migrate();
  EXPECT_THAT(hypertables(), SizeIs(2));
  use();
}

class MetricsOfAServiceTest : public ExtendedTest {
 protected:
  MetricsOfAServiceTest() : ExtendedTest({"timescaledb"}) {}
};

TEST_F(MetricsOfAServiceTest, TheCommandMigratesTwice) {
  const CommandResult first = command({"migrate"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("applied 041"));
  const CommandResult second = command({"migrate"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("nothing to apply"));
}

}  // namespace
}  // namespace loom::testing
