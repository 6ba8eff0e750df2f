#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "control/lag.h"

namespace loom::control {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

LagReport example() {
  LagReport report;
  report.group = "g";
  report.partitions.push_back({"orders", 0, 10, 15, 5, OffsetOrigin::database});
  report.partitions.push_back({"orders", 1, std::nullopt, 7, 7, OffsetOrigin::none});
  report.partitions.push_back({"gone", 0, 3, std::nullopt, std::nullopt, OffsetOrigin::kafka});
  report.notes.emplace_back("a \"quoted\"\nnote");
  return report;
}

TEST(LagReport, SumsWhatIsKnown) { EXPECT_EQ(example().total(), 12); }

TEST(LagReport, ShowsEachPartitionOnALine) {
  const std::string table = render_table(example());
  EXPECT_THAT(table, ContainsRegex("g +orders +0 +10 +15 +5 +database"));
  EXPECT_THAT(table, ContainsRegex("g +orders +1 +- +7 +7 +none"));
  EXPECT_THAT(table, ContainsRegex("g +gone +0 +3 +- +- +kafka"));
  EXPECT_THAT(table, ContainsRegex("total +3 +12"));
}

TEST(LagReport, SaysWhenThereIsNothing) { EXPECT_THAT(render_table({"g", {}, {}}), HasSubstr("has no offsets")); }

TEST(LagReport, IsValidJson) {
  const std::string json = render_json(example());
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS);
  EXPECT_EQ(int64_t(root["total_lag"]), 12);
  EXPECT_EQ(std::string_view(root["notes"].at(0)), "a \"quoted\"\nnote");
  EXPECT_TRUE(root["partitions"].at(1)["committed_offset"].is_null());
  EXPECT_EQ(int64_t(root["partitions"].at(0)["lag"]), 5);
}

}  // namespace
}  // namespace loom::control
