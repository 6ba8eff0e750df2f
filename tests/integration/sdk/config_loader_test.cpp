#include "loom/kafka/config_loader.h"

#include <gmock/gmock.h>

#include "schema/migrations.h"
#include "support/postgres_server.h"

namespace loom::kafka {

// What a failing comparison shows.
static void PrintTo(const ConsumerConfig& config, std::ostream* out) {
  *out << config.service_name << " of " << config.consumer_group_id << " by " << config.source << ": "
       << config.max_poll_records << " records";
  for (const auto& [property, value] : translate(config).properties) *out << ' ' << property << '=' << value;
}

namespace {

using loom::testing::PostgresServer;
using loom::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Seconds = std::chrono::seconds;

/// A loader, and what it warned of.
class Loader {
 public:
  explicit Loader(const std::string& url, std::chrono::seconds cache = LoaderSettings().cache)
      : loader_({.database_url = url, .cache = cache, .warn = [this](const std::string& text) {
                   warnings_.push_back(text);
                 }}) {}
  KafkaConsumerConfigLoader* operator->() { return &loader_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::vector<std::string> warnings_;
  KafkaConsumerConfigLoader loader_;
};

/// It asks each time. What is good for how long is tested in config_cache_test.cpp.
constexpr Seconds kNoCache{0};

class ConfigLoader : public ::testing::Test {
 protected:
  ConfigLoader() { schema::Migrator(database.url()).apply(); }
  void set(const std::string& service, const std::string& setting, const std::string& value) const {
    database.run("UPDATE pipeline_consumer_configs SET " + setting + " = " + value + " WHERE service_name = '" +
                 service + "'");
  }
  TestDatabase database;
};

TEST_F(ConfigLoader, ReadsEverySettingOfARow) {
  database.run(
      "INSERT INTO pipeline_consumer_configs VALUES ('vad'); UPDATE pipeline_consumer_configs SET "
      "consumer_group_id = 'loom-vad', max_poll_records = 501, session_timeout_ms = 31000, heartbeat_interval_ms = "
      "9001, max_poll_interval_ms = 61000, request_timeout_ms = 62000, retry_backoff_ms = 103, fetch_min_bytes = 2, "
      "fetch_max_wait_ms = 501, fetch_max_bytes = 52428801, max_partition_fetch_bytes = 1048577, auto_offset_reset = "
      "'latest', enable_auto_commit = false, auto_commit_interval_ms = 5001, partition_assignment_strategy = 'sticky'");
  const ConsumerConfig expected{.service_name = "vad",
                                .consumer_group_id = "loom-vad",
                                .max_poll_records = 501,
                                .session_timeout_ms = 31000,
                                .heartbeat_interval_ms = 9001,
                                .max_poll_interval_ms = 61000,
                                .request_timeout_ms = 62000,
                                .retry_backoff_ms = 103,
                                .fetch_min_bytes = 2,
                                .fetch_max_wait_ms = 501,
                                .fetch_max_bytes = 52428801,
                                .max_partition_fetch_bytes = 1048577,
                                .auto_offset_reset = "latest",
                                .enable_auto_commit = false,
                                .auto_commit_interval_ms = 5001,
                                .partition_assignment_strategy = "sticky",
                                .source = "row"};
  Loader loader(database.url());
  EXPECT_EQ(loader->load_config("vad"), expected);
  EXPECT_THAT(loader.warnings(), IsEmpty());
}

// They are written down twice, since a service has to come up without a database.
TEST_F(ConfigLoader, TheDefaultsCompiledInAreThoseOfTheDatabase) {
  Loader with(database.url());
  Loader without("postgresql://nobody@127.0.0.1:1/nowhere");
  EXPECT_EQ(with->load_config("nobody"), default_config("nobody"));
  EXPECT_EQ(without->load_config("nobody"), default_config("nobody"));
  EXPECT_THAT(with.warnings(), ElementsAre(HasSubstr("no settings for nobody in the database")));
}

TEST_F(ConfigLoader, AProfileStandsInForARow) {
  Loader loader(database.url());
  const ConsumerConfig config = loader->load_config("minicpm-vision");
  EXPECT_EQ(config.source, "profile");
  EXPECT_EQ(config.max_poll_records, 1);
  EXPECT_EQ(config.max_poll_interval_ms, 600'000);
  EXPECT_THAT(loader.warnings(), IsEmpty());
}

TEST_F(ConfigLoader, ARowIsAskedForOnceUntilItIsForgotten) {
  database.run("SELECT populate_consumer_configs()");
  Loader loader(database.url());
  EXPECT_EQ(loader->load_config("kyutai-stt").max_poll_records, 10);
  set("kyutai-stt", "max_poll_records", "20");
  EXPECT_EQ(loader->load_config("kyutai-stt").max_poll_records, 10);
  loader->forget("kyutai-stt");
  EXPECT_EQ(loader->load_config("kyutai-stt").max_poll_records, 20);
}

TEST_F(ConfigLoader, ADatabaseThatWasNotMigratedGivesDefaultsAndSaysSo) {
  const TestDatabase empty;
  Loader loader(empty.url());
  EXPECT_EQ(loader->load_config("kyutai-stt"), default_config("kyutai-stt"));
  EXPECT_THAT(loader.warnings(), ElementsAre(AllOf(HasSubstr("defaults are used"), HasSubstr("migrate"))));
  EXPECT_FALSE(loader->record_processing_metrics({.service_name = "kyutai-stt"}));
  EXPECT_FALSE(loader->record_consumer_lag({LagRecord()}));
  EXPECT_THROW(loader->get_processing_recommendations(), std::runtime_error);
}

TEST(ConfigLoaderWithoutADatabase, WarnsOnceAndShowsNoPassword) {
  Loader loader("postgresql://loom:s3cret@127.0.0.1:1/loom", kNoCache);
  for (const char* service : {"a", "b", "c", "a"}) EXPECT_EQ(loader->load_config(service), default_config(service));
  EXPECT_THAT(loader.warnings(), ElementsAre(AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("s3cret")))));
}

TEST(ConfigLoaderInAnOutage, KeepsTheRowThatItHasAndComesBackToTheDatabase) {
  PostgresServer server;
  const TestDatabase database(server);
  schema::Migrator(database.url()).apply();
  database.run("SELECT populate_consumer_configs()");
  Loader loader(database.url(), kNoCache);
  EXPECT_EQ(loader->load_config("step-counter").max_poll_records, 1000);

  server.kill9();
  EXPECT_EQ(loader->load_config("step-counter").max_poll_records, 1000);
  EXPECT_EQ(loader->load_config("step-counter").source, "row");
  EXPECT_THAT(loader.warnings(), ElementsAre(HasSubstr("those read before are used")));

  server.restart();
  database.run("UPDATE pipeline_consumer_configs SET max_poll_records = 7 WHERE service_name = 'step-counter'");
  EXPECT_EQ(loader->load_config("step-counter").max_poll_records, 7);

  server.kill9();
  loader->load_config("step-counter");
  EXPECT_THAT(loader.warnings(), SizeIs(2)) << "another outage is another warning";
}

TEST(ConfigLoaderInAnOutage, AServerThatKeepsSilentIsNotWaitedForLong) {
  PostgresServer server;
  const TestDatabase database(server);
  schema::Migrator(database.url()).apply();
  Loader loader(database.url(), kNoCache);
  loader->load_config("step-counter");
  server.freeze();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(loader->load_config("step-counter").source, "profile");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Seconds(8));
  server.thaw();
  EXPECT_EQ(loader->load_config("step-counter").source, "profile");
}

TEST_F(ConfigLoader, LibrdkafkaTakesEveryProfile) {
  // A row for each type, too, as an INSERT of somebody who only names the type.
  database.run(
      "SELECT populate_consumer_configs(); INSERT INTO pipeline_consumer_configs (service_name, service_type) SELECT "
      "'a-' || profile, profile FROM consumer_config_profiles WHERE kind = 'type'");
  KafkaConsumerConfigLoader loader({.database_url = database.url()});
  const auto services = database.rows("SELECT service_name FROM pipeline_consumer_configs");
  EXPECT_GE(services.size(), 22U);
  for (const auto& row : services) {
    EXPECT_NO_THROW(loader.create_consumer(row[0], {"a.topic"}, "127.0.0.1:1")) << row[0];
    EXPECT_EQ(loader.load_config(row[0]).source, "row") << row[0];
    for (const auto& warning : translate(loader.load_config(row[0])).warnings) {
      EXPECT_THAT(warning, ::testing::AnyOf(HasSubstr("request_timeout_ms"), HasSubstr("cooperative-sticky")))
          << row[0];
    }
  }
}

TEST_F(ConfigLoader, RecordsMetrics) {
  Loader loader(database.url());
  EXPECT_TRUE(loader->record_processing_metrics({.service_name = "vad",
                                                 .messages_processed = 3'000'000'000,
                                                 .messages_per_second = 12.5,
                                                 .processing_time_ms = 0.25,
                                                 .memory_usage_mb = 80.5,
                                                 .errors = 2,
                                                 .rebalances = 1}));
  EXPECT_THAT(database.rows("SELECT service_name, messages_processed, messages_per_second, processing_time_ms, "
                            "memory_usage_mb, errors, rebalances FROM consumer_processing_metrics WHERE timestamp > "
                            "now() - interval '1 minute'"),
              ElementsAre(ElementsAre("vad", "3000000000", "12.5", "0.25", "80.5", "2", "1")));
  EXPECT_THAT(loader.warnings(), IsEmpty());
}

TEST_F(ConfigLoader, RecordsTheLagOfAllPartitionsInOneStatement) {
  std::vector<LagRecord> lag;
  lag.reserve(500);
  for (std::int32_t partition = 0; partition < 500; ++partition) {
    lag.push_back({.service_name = "it's",
                   .consumer_group_id = "group",
                   .topic = "a.topic",
                   .partition = partition,
                   .current_offset = 10,
                   .end_offset = 10 + partition});
  }
  lag.back().current_offset = 1'000'000;  // beyond the end, as after a topic was made anew
  Loader loader(database.url());
  EXPECT_TRUE(loader->record_consumer_lag(lag));
  EXPECT_THAT(
      database.rows("SELECT count(*), min(lag), max(lag), count(DISTINCT xmin::text), count(DISTINCT timestamp) "
                    "FROM consumer_lag_history WHERE service_name = 'it''s'"),
      ElementsAre(ElementsAre("500", "0", "498", "1", "1")));
  EXPECT_TRUE(loader->record_consumer_lag({}));
}

TEST_F(ConfigLoader, GivesTheAdviceThatTheRecordsMake) {
  database.run("INSERT INTO pipeline_consumer_configs (service_name, max_poll_records) VALUES ('slow', 100)");
  Loader loader(database.url());
  EXPECT_THAT(loader->get_processing_recommendations(), IsEmpty());
  loader->record_processing_metrics({.service_name = "slow", .messages_processed = 100, .processing_time_ms = 1});
  loader->record_consumer_lag({{.service_name = "slow",
                                .consumer_group_id = "slow",
                                .topic = "a.topic",
                                .partition = 0,
                                .current_offset = 0,
                                .end_offset = 5'000}});
  const auto advice = loader->get_processing_recommendations();
  ASSERT_THAT(advice, SizeIs(1));
  EXPECT_EQ(advice[0].service_name, "slow");
  EXPECT_EQ(advice[0].priority, Priority::high);
  EXPECT_THAT(advice[0].recommended_config, HasSubstr("\"max_poll_records\""));
  EXPECT_THAT(advice[0].reason, HasSubstr("5000"));
}

TEST_F(ConfigLoader, LooksAfterTheTablesOfMetrics) {
  Loader loader(database.url());
  EXPECT_TRUE(loader->maintain_metrics());
  EXPECT_THAT(loader.warnings(), IsEmpty());
}

}  // namespace
}  // namespace loom::kafka
