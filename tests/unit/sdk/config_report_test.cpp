#include "sdk/config/config_report.h"

#include <gmock/gmock.h>
#include <simdjson.h>

namespace loom::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ConsumerConfig vision() {
  ConsumerConfig config = default_config("minicpm-vision");
  config.source = "row";
  config.max_poll_records = 1;
  config.session_timeout_ms = 60'000;
  config.max_poll_interval_ms = 600'000;
  config.fetch_max_wait_ms = 100;
  config.partition_assignment_strategy = "sticky";
  return config;
}

TEST(ConfigReport, AListHasALineForEachService) {
  const std::string table = render_table({vision(), default_config("nobody")});
  EXPECT_THAT(table, AllOf(HasSubstr("minicpm-vision"), HasSubstr("60 s"), HasSubstr("10 min"), HasSubstr("100 ms"),
                           HasSubstr("50 MiB"), HasSubstr("nobody"), HasSubstr("default")));
}

TEST(ConfigReport, NoSettingsSaysWhatWritesThem) {
  EXPECT_THAT(render_table(std::vector<ConsumerConfig>{}), HasSubstr("configs populate"));
}

TEST(ConfigReport, OneServiceIsShownWithWhatLibrdkafkaIsTold) {
  const std::string table = render_table(vision());
  EXPECT_THAT(table,
              AllOf(HasSubstr("a row of its own"), HasSubstr("turns of 1"), HasSubstr("session.timeout.ms=60000"),
                    HasSubstr("partition.assignment.strategy=cooperative-sticky"),
                    HasSubstr("note: request_timeout_ms is 305000, taken as 300000")));
}

TEST(ConfigReport, JsonHasEverySettingByItsColumn) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string json = render_json({vision()});
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
  const simdjson::dom::element one = root.at(0);
  EXPECT_EQ(std::string_view(one["service_name"]), "minicpm-vision");
  EXPECT_EQ(std::int64_t(one["max_poll_records"]), 1);
  EXPECT_TRUE(bool(one["enable_auto_commit"]));
  EXPECT_EQ(std::string_view(one["partition_assignment_strategy"]), "sticky");
  EXPECT_EQ(std::string_view(one["librdkafka"]["partition.assignment.strategy"]), "cooperative-sticky");
  EXPECT_EQ(simdjson::dom::array(one["warnings"]).size(), 2U);
}

TEST(ConfigReport, AdviceNamesTheReasonAndBothValues) {
  AdviceReport report{
      .advice = {{"vad", Priority::high, R"({"max_poll_records": 200})", "lag is 5000 at turns of 100"}},
      .changes = {{"vad", "max_poll_records", "100", "200", "lag is 5000"}},
      .applied = false};
  EXPECT_THAT(render_table(report), AllOf(HasSubstr("high"), HasSubstr("lag is 5000 at turns of 100"), HasSubstr("100"),
                                          HasSubstr("200"), HasSubstr("nothing was changed")));
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string json = render_json(report);
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
  EXPECT_EQ(std::int64_t(root["recommendations"].at(0)["recommended_config"]["max_poll_records"]), 200);
  EXPECT_EQ(std::string_view(root["changes"].at(0)["after"]), "200");
  report.applied = true;
  EXPECT_THAT(render_table(report), AllOf(HasSubstr("applied"), Not(HasSubstr("nothing was changed"))));
}

TEST(ConfigReport, NoAdviceIsSaid) { EXPECT_THAT(render_table(AdviceReport{}), HasSubstr("no advice")); }

}  // namespace
}  // namespace loom::kafka
