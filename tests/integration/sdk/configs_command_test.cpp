// `configs populate`, `show` and `recommend`.
#include <gmock/gmock.h>
#include <simdjson.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class ConfigsCommand : public ServiceTest {
 protected:
  CommandResult configs(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "configs");
    return command(arguments);
  }
  [[nodiscard]] std::string records_of(const std::string& service) const {
    return database().value("SELECT max_poll_records FROM pipeline_consumer_configs WHERE service_name = '" + service +
                            "'");
  }
};

TEST_F(ConfigsCommand, PopulateWritesTheMatrixAndKeepsWhatSomebodyChanged) {
  migrate();
  const CommandResult first = configs({"populate"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, ContainsRegex("minicpm-vision +inserted"));
  EXPECT_EQ(records_of("step-counter"), "1000");
  EXPECT_EQ(database().value("SELECT session_timeout_ms FROM pipeline_consumer_configs WHERE service_name = "
                             "'minicpm-vision'"),
            "60000");

  database().run("UPDATE pipeline_consumer_configs SET max_poll_records = 3 WHERE service_name = 'step-counter'");
  const CommandResult second = configs({"populate"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(records_of("step-counter"), "3") << second.out;
  const CommandResult third = configs({"populate", "--overwrite"});
  EXPECT_EQ(third.exit_code, 0) << third.err;
  EXPECT_EQ(records_of("step-counter"), "1000") << third.out;
}

TEST_F(ConfigsCommand, ShowListsServicesWithAndWithoutARow) {
  migrate();
  database().run("INSERT INTO pipeline_consumer_configs (service_name, session_timeout_ms) VALUES ('my-own', 120000)");
  const CommandResult all = configs({"show"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(ContainsRegex("my-own +row "), ContainsRegex("silero-vad +profile "),
                             HasSubstr("nomic-embed"), HasSubstr("onefilellm")));
}

TEST_F(ConfigsCommand, ShowTellsOfOneServiceWhatLibrdkafkaIsTold) {
  migrate();
  const CommandResult one = configs({"show", "gps-geocoding-consumer"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("turns of 5"), HasSubstr("partition.assignment.strategy=cooperative-sticky"),
                             HasSubstr("note: ")));
  const CommandResult nobody = configs({"show", "nobody"});
  EXPECT_EQ(nobody.exit_code, 0) << nobody.err;
  EXPECT_THAT(nobody.out, HasSubstr("the defaults"));
  const CommandResult json = configs({"show", "nobody", "--json"});
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(json.out).get(root), simdjson::SUCCESS) << json.out;
  EXPECT_EQ(std::string_view(root.at(0)["source"]), "default");
  EXPECT_EQ(std::int64_t(root.at(0)["max_poll_records"]), 100);
}

TEST_F(ConfigsCommand, RecommendSaysWhatItWouldChangeAndApplyChangesIt) {
  migrate();
  database().run(
      "INSERT INTO pipeline_consumer_configs (service_name, max_poll_records) VALUES ('slow', 100);"
      "INSERT INTO consumer_processing_metrics (service_name, messages_processed, processing_time_ms) VALUES ('slow', "
      "100, 1); INSERT INTO consumer_lag_history (service_name, consumer_group_id, topic, partition, current_offset, "
      "end_offset, lag) VALUES ('slow', 'slow', 'a.topic', 0, 0, 5000, 5000)");
  const CommandResult said = configs({"recommend"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, AllOf(ContainsRegex("high +slow "), HasSubstr("nothing was changed")));
  EXPECT_EQ(records_of("slow"), "100");

  const CommandResult applied = configs({"recommend", "--apply"});
  EXPECT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_THAT(applied.out, ContainsRegex("slow +max_poll_records +100 +" + records_of("slow")));
  EXPECT_GT(std::stoi(records_of("slow")), 100) << applied.out;
}

TEST_F(ConfigsCommand, RecommendAsJsonHasWhatItWouldChange) {
  migrate();
  const CommandResult none = configs({"recommend", "--json"});
  EXPECT_EQ(none.out, "{\"applied\":false,\"recommendations\":[],\"changes\":[]}\n") << none.err;
  EXPECT_THAT(configs({"recommend"}).out, HasSubstr("no advice"));
}

TEST_F(ConfigsCommand, ADatabaseWithoutTheTablesIsAnErrorThatNamesTheRemedy) {
  const CommandResult result = configs({"show"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("kafka-to-db-consumer migrate"));
}

TEST_F(ConfigsCommand, WrongUsageIsTwo) {
  EXPECT_EQ(configs({}).exit_code, 2);
  EXPECT_EQ(configs({"show", "a", "b"}).exit_code, 2);
  EXPECT_EQ(configs({"populate", "--nonsense"}).exit_code, 2);
}

}  // namespace
}  // namespace loom::testing
