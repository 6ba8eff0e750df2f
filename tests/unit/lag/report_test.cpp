#include "lag/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace loom::lag {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

PartitionLag partition(const std::string& topic, std::int32_t number, std::optional<std::int64_t> committed,
                       std::optional<std::int64_t> end, std::optional<std::int64_t> lag, OffsetOrigin origin) {
  PartitionLag one;
  one.topic = topic;
  one.partition = number;
  one.committed = committed;
  one.end = end;
  one.lag = lag;
  one.origin = origin;
  return one;
}

/// What a single look tells.
GroupLag example() {
  GroupLag lag;
  lag.group = "g";
  lag.sampled_us = 1'000'000;
  lag.partitions.push_back(partition("orders", 0, 10, 15, 5, OffsetOrigin::database));
  lag.partitions.push_back(partition("orders", 1, std::nullopt, 7, 7, OffsetOrigin::none));
  lag.partitions.push_back(partition("gone", 0, 3, std::nullopt, std::nullopt, OffsetOrigin::kafka));
  lag.partitions[0].seconds = 2.5;
  lag.partitions[0].retention_ratio = 0.5;
  lag.partitions[1].seconds = 4'000;
  lag.partitions[1].state = State::stop;
  lag.partitions[1].assigned = false;
  lag.notes.emplace_back("a \"quoted\"\nnote");
  return lag;
}

GroupLag watched() {
  GroupLag lag = example();
  lag.window_seconds = 20;
  lag.partitions[0].consumed_per_second = 3;
  lag.partitions[0].produced_per_second = 1;
  lag.partitions[0].state = State::ok;
  lag.partitions[1].state = State::warn;
  return lag;
}

simdjson::dom::element parsed(simdjson::dom::parser& parser, const std::string& json) {
  simdjson::dom::element root;
  EXPECT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
  return root;
}

TEST(LagReport, ShowsEachPartitionOnALine) {
  const std::string table = render_table(example());
  EXPECT_THAT(table, ContainsRegex("g +orders +0 +10 +15 +5 +2.5s +- +- +- +- +50% +database"));
  EXPECT_THAT(table, ContainsRegex("g +orders +1 +- +7 +7 +1h 06m +stop +- +- +- +- +none"));
  EXPECT_THAT(table, ContainsRegex("g +gone +0 +3 +- +- +- +- +- +- +- +- +kafka"));
  EXPECT_THAT(table, ContainsRegex("total +3 +12 +1h 06m +stop"));
}

TEST(LagReport, ShowsRatesWhenThereAreSome) {
  const std::string table = render_table(watched());
  EXPECT_THAT(table, ContainsRegex("orders +0 +10 +15 +5 +2.5s +ok +3.0 +1.0 +2.5s +50%"));
  EXPECT_THAT(table, ContainsRegex("orders +1 +- +7 +7 +1h 06m +warn +0.0 +0.0 +-"));
  EXPECT_THAT(table, ContainsRegex("total +3 +12 +1h 06m +warn +3.0 +1.0 +6.0s +50%"));
}

TEST(LagReport, SaysWhenThereIsNothing) {
  GroupLag none;
  none.group = "g";
  EXPECT_THAT(render_table(none), HasSubstr("has no offsets"));
}

TEST(LagReport, LeavesOutThePartitionsThatNeedNoAttention) {
  GroupLag lag = watched();
  const std::string table = render_table(lag, 1);
  EXPECT_THAT(table, ContainsRegex("orders +1"));
  EXPECT_THAT(table, Not(HasSubstr("gone")));
  EXPECT_THAT(table, ContainsRegex("total +3 +12")) << "of all";
  EXPECT_THAT(table, HasSubstr("2 partitions with less lag are not shown"));
}

TEST(LagReport, ShowsNoControlCharacters) {
  GroupLag lag = example();
  lag.partitions[0].topic = "a\x1b[2Jb";
  EXPECT_THAT(render_table(lag), Not(HasSubstr("\x1b")));
}

TEST(LagReport, IsALineOfJson) {
  const std::string json = render_json(example());
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  simdjson::dom::parser parser;
  const auto root = parsed(parser, json);
  EXPECT_EQ(int64_t(root["total_lag"]), 12);
  EXPECT_EQ(double(root["lag_seconds"]), 4'000);
  EXPECT_EQ(std::string_view(root["state"]), "stop");
  EXPECT_EQ(std::string_view(root["time"]), "1970-01-01T00:00:01Z");
  EXPECT_TRUE(root["drain_rate"].is_null());
  EXPECT_EQ(std::string_view(root["notes"].at(0)), "a \"quoted\"\nnote");
  EXPECT_TRUE(root["partitions"].at(1)["committed_offset"].is_null());
  EXPECT_EQ(bool(root["partitions"].at(1)["assigned"]), false);
  const auto first = root["partitions"].at(0);
  EXPECT_EQ(int64_t(first["lag"]), 5);
  EXPECT_EQ(double(first["lag_seconds"]), 2.5);
  EXPECT_EQ(double(first["retention_ratio"]), 0.5);
  EXPECT_EQ(std::string_view(first["state"]), "unknown");
  EXPECT_EQ(std::string_view(first["from"]), "database");
  EXPECT_TRUE(first["consumed_per_second"].is_null());
  EXPECT_TRUE(first["assigned"].is_null());
}

TEST(LagReport, JsonHasRatesWhenThereAreSome) {
  simdjson::dom::parser parser;
  const auto root = parsed(parser, render_json(watched()));
  EXPECT_EQ(double(root["drain_rate"]), 2);
  EXPECT_EQ(double(root["catch_up_seconds"]), 6);
  EXPECT_EQ(double(root["partitions"].at(0)["catch_up_seconds"]), 2.5);
  EXPECT_EQ(double(root["partitions"].at(0)["consumed_per_second"]), 3);
  EXPECT_TRUE(root["partitions"].at(1)["catch_up_seconds"].is_null());
}

}  // namespace
}  // namespace loom::lag
