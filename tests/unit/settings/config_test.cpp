#include "settings/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::settings {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr const char* kUrl = "postgresql://loom:secret@db:5432/loom";

/// The environment with a database, so that a test names only what it is about.
ConfigResult parse(Entries environment, const Entries& file = {}) {
  environment.emplace("LOOM_DATABASE_URL", kUrl);
  const auto reader = [](const std::string& path) -> std::optional<std::string> {
    if (path == "/secrets/password") return "s3cret\n";
    if (path == "/secrets/url") return "postgresql://from-file/loom\n";
    return std::nullopt;
  };
  return parse_config(environment, file, reader);
}

TEST(Config, HasTheDocumentedDefaults) {
  const ConfigResult result = parse({});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  const Config& config = result.config;
  EXPECT_EQ(config.database.url, kUrl);
  EXPECT_EQ(config.database.pool_min, 20U);
  EXPECT_EQ(config.database.pool_max, 50U);
  EXPECT_FALSE(config.database.synchronous_commit);
  EXPECT_EQ(config.database.application_name, "kafka-to-db-consumer");
  EXPECT_EQ(config.bootstrap_servers, "localhost:9092");
  EXPECT_EQ(config.group_id(), "kafka-to-db-consumer");
  EXPECT_EQ(config.batch_size, 200U);
  EXPECT_EQ(config.batch_timeout, milliseconds(500));
  EXPECT_EQ(config.batch_max, 20000U);
  EXPECT_EQ(config.batch_max_bytes, 8U * 1024 * 1024);
  EXPECT_EQ(config.topic_mappings, "topic_mappings.yml");
  EXPECT_EQ(config.http_host, "0.0.0.0");
  EXPECT_EQ(config.http_port, 8001);
  EXPECT_FALSE(config.auto_create_tables);
  EXPECT_FALSE(config.auto_migrate);
  EXPECT_FALSE(config.use_database_config);
  EXPECT_EQ(config.log_level, LogLevel::info);
  EXPECT_EQ(config.log_format, LogFormat::automatic);
  EXPECT_THAT(config.rdkafka, IsEmpty());
}

TEST(Config, SaysWhereDeadLettersGo) {
  EXPECT_EQ(parse({}).config.dead_letters, DeadLetterTarget::table);
  EXPECT_EQ(parse({}).config.dead_letter_suffix, ".dlq");
  EXPECT_EQ(parse({{"LOOM_DLQ", "Both"}}).config.dead_letters, DeadLetterTarget::both);
  EXPECT_EQ(parse({{"LOOM_DLQ", "topic"}, {"LOOM_DLQ_SUFFIX", "-dead"}}).config.dead_letter_suffix, "-dead");
  EXPECT_THAT(parse({{"LOOM_DLQ", "kafka"}}).errors, ElementsAre(HasSubstr("table, topic or both")));
  EXPECT_THAT(parse({{"LOOM_DLQ_SUFFIX", ",x"}}).errors, ElementsAre(HasSubstr("LOOM_DLQ_SUFFIX")));
}

TEST(Config, WithoutADatabaseSaysWhatToSet) {
  const ConfigResult result = parse_config({}, {}, {});
  EXPECT_THAT(result.errors, ElementsAre(HasSubstr("LOOM_DATABASE_URL")));
}

TEST(Config, WithoutADatabaseIsFineForCommandsThatNeedNone) {
  EXPECT_TRUE(parse_config({}, {}, {}, {.database = false}).ok());
}

TEST(Config, TakesTheAliases) {
  const ConfigResult result = parse_config({{"DATABASE_URL", "postgresql://a/b"},
                                            {"KAFKA_BOOTSTRAP_SERVERS", "k:1"},
                                            {"KAFKA_GROUP_ID", "g"},
                                            {"LOG_LEVEL", "DEBUG"},
                                            {"USE_DATABASE_CONFIG", "true"}},
                                           {}, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.config.database.url, "postgresql://a/b");
  EXPECT_EQ(result.config.bootstrap_servers, "k:1");
  EXPECT_EQ(result.config.group_id(), "g");
  EXPECT_EQ(result.config.log_level, LogLevel::debug);
  EXPECT_TRUE(result.config.use_database_config);
}

TEST(Config, PrefersTheLoomNameOverTheAlias) {
  EXPECT_EQ(parse({{"LOOM_KAFKA_GROUP_ID", "ours"}, {"KAFKA_GROUP_ID", "other"}}).config.group_id(), "ours");
}

TEST(Config, PrefersAnAliasInTheEnvironmentOverTheFile) {
  EXPECT_EQ(parse({{"KAFKA_GROUP_ID", "environment"}}, {{"LOOM_KAFKA_GROUP_ID", "file"}}).config.group_id(),
            "environment");
}

TEST(Config, TakesFromTheFileWhatTheEnvironmentLacks) {
  const ConfigResult result =
      parse({{"LOOM_KAFKA_BATCH_SIZE", "300"}}, {{"LOOM_KAFKA_BATCH_SIZE", "400"}, {"LOOM_KAFKA_BATCH_TIMEOUT", "2"}});
  EXPECT_EQ(result.config.batch_size, 300U);
  EXPECT_EQ(result.config.batch_timeout, milliseconds(2000));
}

TEST(Config, TreatsAnEmptyValueAsNotSet) {
  EXPECT_EQ(parse({{"LOOM_KAFKA_GROUP_ID", " "}}).config.group_id(), "kafka-to-db-consumer");
}

TEST(Config, ListsAllErrorsAtOnce) {
  const ConfigResult result = parse({{"LOOM_KAFKA_BATCH_SIZE", "many"},
                                     {"LOOM_KAFKA_BATCH_TIMEOUT", "-1"},
                                     {"LOOM_HTTP_PORT", "70000"},
                                     {"LOOM_AUTO_MIGRATE", "perhaps"},
                                     {"LOOM_LOG_LEVEL", "loud"},
                                     {"LOOM_DB_MAX_POOL_SIZE", "0"}});
  EXPECT_THAT(result.errors, SizeIs(6));
  EXPECT_THAT(result.errors,
              ::testing::Contains(AllOf(HasSubstr("LOOM_HTTP_PORT"), HasSubstr("70000"), HasSubstr("0 to 65535"))));
}

TEST(Config, RefusesAMinimumAboveTheMaximum) {
  EXPECT_THAT(parse({{"LOOM_DB_MIN_POOL_SIZE", "9"}, {"LOOM_DB_MAX_POOL_SIZE", "4"}}).errors, SizeIs(1));
  EXPECT_THAT(parse({{"LOOM_KAFKA_BATCH_SIZE", "30000"}, {"LOOM_KAFKA_BATCH_MAX", "4000"}}).errors, SizeIs(1));
}

TEST(Config, MovesADefaultOutOfTheWayOfTheOneThatWasSet) {
  const Config config = parse({{"LOOM_DB_MAX_POOL_SIZE", "4"}, {"LOOM_KAFKA_BATCH_SIZE", "30000"}}).config;
  EXPECT_EQ(config.database.pool_min, 4U);
  EXPECT_EQ(config.batch_max, 30000U);
}

TEST(Config, UnderstandsUnits) {
  const Config config = parse({{"LOOM_KAFKA_BATCH_TIMEOUT", "250ms"}, {"LOOM_KAFKA_BATCH_MAX_BYTES", "16 MiB"}}).config;
  EXPECT_EQ(config.batch_timeout, milliseconds(250));
  EXPECT_EQ(config.batch_max_bytes, 16U * 1024 * 1024);
}

TEST(Config, WarnsOfUnknownNamesOfOurs) {
  const ConfigResult result = parse({{"LOOM_KAFKA_BATCHSIZE", "1"}, {"PATH", "/bin"}}, {{"TYPO", "1"}});
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("LOOM_KAFKA_BATCHSIZE"), HasSubstr("TYPO")));
}

TEST(Config, IsNotConfusedByWhatKubernetesSaysOfServices) {
  const ConfigResult result = parse({{"LOOM_HTTP_PORT", "tcp://10.0.0.7:80"},
                                     {"LOOM_API_SERVICE_HOST", "10.0.0.7"},
                                     {"LOOM_API_PORT_80_TCP_ADDR", "10.0.0.7"}});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(result.config.http_port, 8001);
}

TEST(Config, PassesLibrdkafkaPropertiesOn) {
  const ConfigResult result =
      parse({{"LOOM_RDKAFKA_SASL_MECHANISM", "PLAIN"}, {"LOOM_RDKAFKA_SASL_PASSWORD_FILE", "/secrets/password"}},
            {{"LOOM_RDKAFKA_SASL_MECHANISM", "GSSAPI"}});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_THAT(result.config.rdkafka, ElementsAre(Pair("sasl.mechanism", "PLAIN"), Pair("sasl.password", "s3cret")));
}

TEST(Config, RefusesWhatWouldBreakExactlyOnce) {
  for (const char* name : {"LOOM_RDKAFKA_ENABLE_AUTO_COMMIT", "LOOM_RDKAFKA_ENABLE_AUTO_OFFSET_STORE",
                           "LOOM_RDKAFKA_ISOLATION_LEVEL", "LOOM_RDKAFKA_ENABLE_PARTITION_EOF"}) {
    EXPECT_THAT(parse({{name, "x"}}).errors, ElementsAre(HasSubstr(name)));
    EXPECT_THAT(parse({}, {{name, "x"}}).errors, ElementsAre(HasSubstr(name)));
  }
}

TEST(Config, RefusesASecondNameOfASettingAndNamesTheFirst) {
  for (const auto& [second, first] : {std::pair("LOOM_RDKAFKA_GROUP_ID", "LOOM_KAFKA_GROUP_ID"),
                                      {"LOOM_RDKAFKA_BOOTSTRAP_SERVERS", "LOOM_KAFKA_BOOTSTRAP_SERVERS"},
                                      {"LOOM_RDKAFKA_METADATA_BROKER_LIST", "LOOM_KAFKA_BOOTSTRAP_SERVERS"},
                                      {"LOOM_RDKAFKA_AUTO_OFFSET_RESET", "LOOM_KAFKA_AUTO_OFFSET_RESET"}}) {
    EXPECT_THAT(parse({{second, "x"}}).errors, ElementsAre(AllOf(HasSubstr(second), HasSubstr(first))));
    EXPECT_THAT(parse({}, {{second, "x"}}).errors, ElementsAre(AllOf(HasSubstr(second), HasSubstr(first))));
  }
}

TEST(Config, ReadsTheDatabaseUrlFromAMountedSecret) {
  const ConfigResult result = parse({{"LOOM_DATABASE_URL", ""}, {"LOOM_DATABASE_URL_FILE", "/secrets/url"}});
  EXPECT_EQ(result.config.database.url, "postgresql://from-file/loom");
}

TEST(Config, SaysWhichSecretCannotBeRead) {
  EXPECT_THAT(parse({{"LOOM_RDKAFKA_SASL_PASSWORD_FILE", "/none"}}).errors,
              ElementsAre(AllOf(HasSubstr("LOOM_RDKAFKA_SASL_PASSWORD_FILE"), HasSubstr("/none"))));
}

TEST(Config, NeverShowsThePassword) {
  const ConfigResult result = parse({{"LOOM_KAFKA_BATCH_SIZE", "x"}, {"LOOM_UNKNOWN_SECRET", "hunter2"}});
  for (const std::string& line : result.errors) EXPECT_THAT(line, Not(HasSubstr("secret")));
  for (const std::string& line : result.warnings) EXPECT_THAT(line, Not(HasSubstr("hunter2")));
}

TEST(Config, TakesTheDriverSuffixOutOfAPythonUrl) {
  EXPECT_EQ(parse({{"LOOM_DATABASE_URL", "postgresql+asyncpg://u@h/d"}}).config.database.url, "postgresql://u@h/d");
}

TEST(ConfigYaml, TakesNamesInEitherCase) {
  std::vector<std::string> errors;
  const Entries entries =
      parse_config_yaml("loom_kafka_batch_size: 50\nLOOM_AUTO_MIGRATE: true\nloom_http_host:\n", "c.yml", errors);
  EXPECT_THAT(errors, IsEmpty());
  EXPECT_THAT(entries, ElementsAre(Pair("LOOM_AUTO_MIGRATE", "true"), Pair("LOOM_HTTP_HOST", ""),
                                   Pair("LOOM_KAFKA_BATCH_SIZE", "50")));
}

TEST(ConfigYaml, PlacesItsProblems) {
  std::vector<std::string> errors;
  parse_config_yaml("loom_a: 1\nloom_b: [1]\nLOOM_A: 2\n", "c.yml", errors);
  EXPECT_THAT(errors, ElementsAre(HasSubstr("c.yml:2: LOOM_B"), HasSubstr("c.yml:3: LOOM_A")));
  errors.clear();
  parse_config_yaml("a: [", "c.yml", errors);
  EXPECT_THAT(errors, ElementsAre(HasSubstr("not YAML")));
  errors.clear();
  parse_config_yaml("- a\n", "c.yml", errors);
  EXPECT_THAT(errors, SizeIs(1));
}

TEST(ConfigYaml, AMissingFileIsAnError) {
  const ConfigResult result = load_config("/does/not/exist.yml", {.database = false});
  EXPECT_THAT(result.errors, ElementsAre(HasSubstr("/does/not/exist.yml")));
}

}  // namespace
}  // namespace loom::settings
