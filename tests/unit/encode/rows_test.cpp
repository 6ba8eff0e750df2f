// Which value a column takes, and which rows a message makes.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan_builder.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::ConflictStrategy;
using mapping::DefaultKind;
using mapping::ValueType;

/// Fields as text, nulls as `NULL`, for binary rows of text columns and for text rows alike.
std::string joined(const std::vector<std::string_view>& fields) {
  std::string all;
  for (const auto& field : fields) {
    all += (all.empty() ? "" : "|") + (field.data() == nullptr ? "NULL" : std::string(field));
  }
  return all;
}

std::vector<std::string> all_rows(const Rows& rows, std::size_t set = 0) {
  std::vector<std::string> all;
  if (rows.sets().all().size() <= set) return all;
  for (std::size_t i = 0; i < rows.sets().all()[set].rows.size(); ++i) all.push_back(joined(rows.row(i, set)));
  return all;
}

using Lines = std::vector<std::string>;

TEST(Sources, TheFirstThatIsThereAndNotNullWins) {
  PlanBuilder plan(false);
  plan.column("x", ColumnType::float8, {"x", "data.x"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"x":1,"data":{"x":2}})"), "");
  EXPECT_EQ(rows.add(R"({"x":null,"data":{"x":2}})"), "");
  EXPECT_EQ(rows.add(R"({"data":{"x":2}})"), "");
  EXPECT_EQ(rows.add(R"({"data":5})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"1", "2", "2", "NULL"}));
}

TEST(Sources, OneThatCannotConvertGivesWayToTheNext) {
  PlanBuilder plan(false);
  plan.column("x", ColumnType::int4, {"a", "b"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"a":"junk","b":2})"), "");
  EXPECT_EQ(rows.add(R"({"a":99999999999,"b":"7"})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"2", "7"}));
  EXPECT_EQ(rows.add(R"({"a":"junk"})"), "conversion_failed");
  EXPECT_EQ(rows.reject().message, R"(column "x", source "a": "junk" cannot become its type)");
  EXPECT_EQ(rows.add(R"({"a":99999999999,"b":"junk"})"), "out_of_range");
  EXPECT_EQ(rows.reject().message, R"(column "x", source "a": 99999999999 is out of range for its type)");
  EXPECT_EQ(rows.sets().rows(), 2U);
}

TEST(Sources, AnObjectGivesWayToTheValueInsideIt) {
  PlanBuilder plan(false);
  plan.column("audio", ColumnType::text, {"chunk", "data", "data.audio"});
  plan.last().sources[1].inside = 2;
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"data":{"audio":"inner"}})"), "");
  EXPECT_EQ(rows.add(R"({"data":"outer"})"), "");
  EXPECT_EQ(rows.add(R"({"data":{"video":1}})"), "");
  EXPECT_EQ(rows.add(R"({"data":{"audio":null}})"), "");
  EXPECT_EQ(rows.add(R"({"chunk":"first","data":{"audio":"inner"}})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"inner", "outer", R"({"video":1})", R"({"audio":null})", "first"}));
}

TEST(Rejects, ShowAtMostEightyBytesAndNothingThatTextCannotHold) {
  PlanBuilder plan;
  plan.column("x", ColumnType::int4, {"a"});
  Rows rows(plan);
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\xC3\xA9";  // two bytes each
  EXPECT_EQ(rows.add("{\"a\":\"x" + text + "\"}"), "conversion_failed");
  EXPECT_EQ(rows.reject().message,
            "column \"x\", source \"a\": \"x" + text.substr(0, 78) + "...\" cannot become its type");
  EXPECT_EQ(rows.add(R"({"a":"x\u0000\ny"})"), "conversion_failed");
  EXPECT_EQ(rows.reject().message, R"(column "x", source "a": "x??y" cannot become its type)");
}

TEST(Defaults, TheMappingsGoesBeforeTheTables) {
  PlanBuilder plan(false);
  plan.column("a", ColumnType::int4, {"a"}).defaults_to("\"7\"");
  plan.last().info.default_kind = DefaultKind::constant;
  plan.last().info.default_text = "8";
  plan.column("b", ColumnType::text, {"b"});
  plan.last().info.default_kind = DefaultKind::constant;
  plan.last().info.default_text = "tab\there";
  plan.column("c", ColumnType::text, {"c"}).defaults_to("null");
  plan.last().info.default_kind = DefaultKind::constant;
  plan.last().info.default_is_null = true;
  plan.array_of(ColumnType::text, "d", "d").defaults_to(R"(["x",null])");
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"a":null})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{R"(7|tab\there|NULL|{"x",NULL})"}));
  EXPECT_EQ(rows.add(R"({"a":"junk"})"), "conversion_failed") << "a default is not for values that are wrong";
}

TEST(Defaults, AConstantInBinaryIsSentAsPostgresGaveIt) {
  PlanBuilder plan;
  plan.column("a", ColumnType::int4, {"a"});
  plan.last().info.default_kind = DefaultKind::constant;
  plan.last().info.default_binary = std::string("\0\0\0\x05", 4);
  plan.column("b", ColumnType::text, {"b"});
  plan.last().info.default_kind = DefaultKind::constant;  // an empty text
  Rows rows(plan);
  EXPECT_EQ(rows.add("{}"), "");
  EXPECT_EQ(hex(rows.sets().all()[0].row(0)),
            "0002"
            "0000000400000005"
            "00000000");
}

TEST(Defaults, ComputedOnesLeaveTheColumnOut) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::int8, {"id"});
  plan.last().info.default_kind = DefaultKind::computed;
  plan.column("name", ColumnType::text, {"name"});
  plan.column("at", ColumnType::timestamptz, {"at"});
  plan.last().info.default_kind = DefaultKind::computed;
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"id":1,"name":"both","at":"2024-01-01"})"), "");
  EXPECT_EQ(rows.add(R"({"name":"neither"})"), "");
  EXPECT_EQ(rows.add(R"({"id":2,"name":"id only","at":null})"), "");
  EXPECT_EQ(rows.add(R"({"name":"neither again"})"), "");
  ASSERT_EQ(rows.sets().all().size(), 3U);
  EXPECT_EQ(all_rows(rows, 0), (Lines{"1|both|2024-01-01 00:00:00+00"}));
  EXPECT_TRUE(rows.sets().all()[0].omitted.none());
  EXPECT_EQ(all_rows(rows, 1), (Lines{"neither", "neither again"}));
  EXPECT_TRUE(rows.sets().all()[1].omitted.test(0) && rows.sets().all()[1].omitted.test(2));
  EXPECT_EQ(all_rows(rows, 2), (Lines{"2|id only"}));
  EXPECT_EQ(rows.sets().all()[1].rows[1].message, 3U);
}

TEST(Defaults, IngestionTime) {
  PlanBuilder plan(false);
  plan.column("created_at", ColumnType::timestamptz, {"created_at"});
  plan.last().ingestion_time = true;
  Rows rows(plan);
  EXPECT_EQ(rows.add("{}"), "");
  EXPECT_EQ(rows.add(R"({"created_at":"2024-01-01"})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"2023-11-14 22:13:20+00", "2024-01-01 00:00:00+00"}));
}

TEST(Defaults, OneThatCannotBecomeItsTypeIsReported) {
  PlanBuilder plan;
  plan.column("a", ColumnType::int4, {"a"}).defaults_to("\"junk\"");
  plan.column("b", ColumnType::int4, {"b"}).defaults_to("5");
  const auto problems = encode::check_defaults(*plan.build(), "file.yml");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].key, "defaults.a");
  EXPECT_EQ(problems[0].topic, "topic");
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"a":1})"), "");
  EXPECT_EQ(rows.add("{}"), "conversion_failed");
}

TEST(Required, MissingOrNullRejects) {
  PlanBuilder plan;
  plan.column("id", ColumnType::text, {"id"});
  plan.required("id", {"id"}).required("at", {"timestamp", "data.timestamp"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"id":1,"timestamp":1})"), "");
  EXPECT_EQ(rows.add(R"({"id":1,"data":{"timestamp":1}})"), "");
  EXPECT_EQ(rows.add(R"({"id":1,"data":{"timestamp":null}})"), "missing_required_field");
  EXPECT_EQ(rows.reject().message, R"(required field "at" is missing or null)");
  EXPECT_EQ(rows.add(R"({"id":null,"timestamp":1})"), "missing_required_field");
}

TEST(Present, IsKeptOnlyWhereConflictsUpdate) {
  PlanBuilder plan;
  plan.column("a", ColumnType::int4, {"a"}).column("b", ColumnType::int4, {"b"}).defaults_to("1");
  {
    Rows rows(plan);
    EXPECT_EQ(rows.add(R"({"a":1})"), "");
    EXPECT_TRUE(rows.sets().all()[0].present.empty());
  }
  plan.table().conflict_strategy = ConflictStrategy::update;
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"a":1})"), "");
  EXPECT_EQ(rows.add(R"({"a":null,"b":2})"), "");
  const auto& present = rows.sets().all()[0].present;
  ASSERT_EQ(present.size(), 2U);
  EXPECT_TRUE(present[0].test(0) && !present[0].test(1));
  EXPECT_TRUE(!present[1].test(0) && present[1].test(1));
}

std::vector<Header> headers_of_test(const void*) {
  return {{"h", "first", true}, {"other", "x", true}, {"h", "last", true}, {"empty", "", true}, {"null", "", false}};
}

TEST(Metadata, EverySource) {
  static constexpr MessageBacking kBacking{[](void*) noexcept {}, headers_of_test};
  PlanBuilder plan(false);
  plan.column("key", ColumnType::text, {"$key"})
      .column("key_bytes", ColumnType::bytea, {"$key"})
      .column("topic", ColumnType::text, {"$topic"})
      .column("partition", ColumnType::int4, {"$partition"})
      .column("offset", ColumnType::int8, {"$offset"})
      .column("at", ColumnType::timestamptz, {"$timestamp"})
      .column("ms", ColumnType::int8, {"$timestamp"})
      .column("h", ColumnType::text, {"$headers.h"})
      .column("null", ColumnType::text, {"$headers.null"})
      .column("empty", ColumnType::text, {"$headers.empty"})
      .column("none", ColumnType::text, {"$headers.none", "fallback"})
      .column("whole", ColumnType::jsonb, {"$value"})
      .column("whole_bytes", ColumnType::bytea, {"$value"});
  Rows rows(plan, "the.topic");
  Message message(&kBacking, nullptr);
  message.value = R"({"fallback":"f"})";
  message.has_value = true;
  message.key = "k";
  message.has_key = true;
  message.partition = 3;
  message.offset = 1'234'567'890'123;
  message.timestamp_ms = 5'000;  // 1970: as a bare number it would be taken for seconds
  EXPECT_EQ(rows.add(message), "");
  EXPECT_EQ(all_rows(rows), (Lines{R"(k|\\x6b|the.topic|3|1234567890123|1970-01-01 00:00:05+00|5000|last|NULL||f|)"
                                   R"({"fallback":"f"}|\\x7b2266616c6c6261636b223a2266227d)"}));
}

TEST(Metadata, AKeyThatIsNoText) {
  PlanBuilder text;
  text.column("key", ColumnType::text, {"$key"});
  PlanBuilder bytes;
  bytes.column("key", ColumnType::bytea, {"$key"});
  Message message = message_of("{}");
  message.key = "\xFF\x01";
  message.has_key = true;
  Rows as_text(text);
  EXPECT_EQ(as_text.add(message), "invalid_text");
  Rows as_bytes(bytes);
  EXPECT_EQ(as_bytes.add(message), "");
  EXPECT_EQ(all_rows(as_bytes), (Lines{"\xFF\x01"}));
  message.key = std::string_view("a\0b", 3);
  EXPECT_EQ(as_text.add(message), "invalid_text");
  message.has_key = false;
  EXPECT_EQ(as_text.add(message), "");
  EXPECT_EQ(all_rows(as_text), (Lines{"NULL"}));
}

TEST(Arrays, ElementsBecomeRowsOfTheTopicsOwnTable) {
  PlanBuilder plan(false);
  plan.explode("data.words");
  plan.column("id", ColumnType::text, {"id"})
      .column("seq", ColumnType::int4, {"[0]#"})
      .column("word", ColumnType::text, {"[0].word"})
      .column("start", ColumnType::float8, {"[0].at.start"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"data":{"words":[{"word":"a","at":{"start":1}},{"word":"b"}]},"id":"m"})"), "");
  for (const char* single :
       {R"({"id":"s"})", R"({"id":"s","data":{"words":[]}})", R"({"id":"s","data":{"words":null}})"}) {
    EXPECT_EQ(rows.add(single), "");
  }
  EXPECT_EQ(rows.add(R"({"id":"t","data":{"words":"[{\"word\":\"in a string\"}]"}})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"m|0|a|1", "m|1|b|NULL", "s|NULL|NULL|NULL", "s|NULL|NULL|NULL", "s|NULL|NULL|NULL",
                                   "t|0|in a string|NULL"}));
  for (const char* bad : {R"({"data":{"words":{"word":"a"}}})", R"({"data":{"words":5}})", R"({"data":{"words":"a"}})",
                          R"({"data":{"words":"[1"}})", R"({"data":{"words":""}})"}) {
    EXPECT_EQ(rows.add(bad), "conversion_failed") << bad;
    EXPECT_NE(rows.reject().message.find("data.words"), std::string::npos);
  }
  EXPECT_EQ(rows.sets().rows(), 6U);
}

TEST(Arrays, SeveralWithoutTableFollowEachOther) {
  PlanBuilder plan(false);
  plan.explode("a").explode("b");
  plan.column("from_a", ColumnType::text, {"[0]"}).column("from_b", ColumnType::int4, {"[1].n", "[1]"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"b":[{"n":1},2],"a":["x",null]})"), "");
  EXPECT_EQ(all_rows(rows), (Lines{"x|NULL", "NULL|NULL", "NULL|1", "NULL|2"}));
}

TEST(Arrays, ElementsBecomeRowsOfAChildTable) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::text, {"id"});
  plan.child_table("child").explode("items");
  plan.column("parent", ColumnType::text, {"id"})
      .column("tags", ColumnType::text, {"[0].tags"})
      .column("n", ColumnType::int4, {"[0].n"});
  plan.table().columns[1].info.is_array = true;
  plan.table().columns[1].value_type = ValueType::array;
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"items":[{"n":1,"tags":["x","y"]},{"n":2}],"id":"p"})"), "");
  EXPECT_EQ(rows.add(R"({"id":"q"})"), "");
  EXPECT_EQ(rows.add(R"({"items":"[{\"n\":3,\"tags\":[\"z\"]}]","id":"r"})"), "");
  EXPECT_EQ(all_rows(rows, 0), (Lines{"p", "q", "r"}));
  EXPECT_EQ(all_rows(rows, 1), (Lines{R"(p|{"x","y"}|1)", "p|NULL|2", R"(r|{"z"}|3)"}));
  EXPECT_EQ(rows.add(R"({"items":[{"n":1},{"n":"bad"}],"id":"s"})"), "conversion_failed");
  EXPECT_NE(rows.reject().message.find("items[].n"), std::string::npos) << rows.reject().message;
  EXPECT_EQ(rows.sets().rows(), 6U) << "nothing of a rejected message stays";
}

TEST(Arrays, BaseColumnsAreRepeatedAlsoWhereRowsDifferInTheirColumns) {
  PlanBuilder plan;
  plan.table().conflict_strategy = ConflictStrategy::update;
  plan.explode("l");
  plan.column("base", ColumnType::text, {"base"})
      .column("generated", ColumnType::text, {"[0].g"})
      .column("v", ColumnType::text, {"[0].v", "v"});
  plan.table().columns[1].info.default_kind = DefaultKind::computed;
  Rows rows(plan);
  std::string text = R"({"base":")" + std::string(3000, 'b') + R"(","v":"m","l":[)";
  for (int i = 0; i < 50; ++i) text += std::string(i == 0 ? "" : ",") + (i % 3 == 0 ? R"({"g":"G"})" : R"({"v":"E"})");
  EXPECT_EQ(rows.add(text + "]}"), "");
  ASSERT_EQ(rows.sets().all().size(), 2U);
  for (const std::string& line : all_rows(rows, 0)) EXPECT_EQ(line, std::string(3000, 'b') + "|G|m");
  for (const std::string& line : all_rows(rows, 1)) EXPECT_EQ(line, std::string(3000, 'b') + "|E");
  for (const auto& set : rows.sets().all()) {
    for (const auto& present : set.present) EXPECT_TRUE(present.test(0) && present.test(2));
  }
}

TEST(Arrays, ARequiredFieldOfElements) {
  PlanBuilder plan;
  plan.explode("l");
  plan.column("v", ColumnType::text, {"[0].v"});
  plan.required("v", {"[0].v"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"l":[{"v":1},{"v":2}]})"), "");
  EXPECT_EQ(rows.add(R"({"l":[{"v":1},{}]})"), "missing_required_field");
  EXPECT_EQ(rows.add(R"({"l":[]})"), "missing_required_field");
}

TEST(Arrays, AMessageThatGrowsBeyondReasonIsRejected) {
  PlanBuilder plan;
  plan.explode("l");
  plan.column("base", ColumnType::text, {"base"}).column("v", ColumnType::int4, {"[0]"});
  Rows rows(plan);
  std::string text = R"({"base":")" + std::string(1'000'000, 'x') + R"(","l":[1)";
  for (int i = 0; i < 1000; ++i) text += ",1";
  EXPECT_EQ(rows.add(text + "]}"), "out_of_range");
  EXPECT_EQ(rows.sets().rows(), 0U);
  EXPECT_EQ(rows.sets().bytes(), 0U);
}

TEST(RowSets, DroppingAMessageLeavesTheEarlierOnes) {
  encode::RowSets sets;
  for (std::uint32_t message = 0; message < 3; ++message) {
    for (std::uint16_t table = 0; table < 2; ++table) {
      auto& set = sets.at(table, {});
      set.rows.push_back({message, static_cast<std::uint32_t>(set.bytes.size())});
      set.bytes.append(std::string_view(message == 0 ? "first" : "later"));
    }
  }
  sets.drop_from(1);
  EXPECT_EQ(sets.rows(), 2U);
  EXPECT_EQ(sets.all()[1].row(0), "first");
  EXPECT_EQ(sets.bytes(), 10U);
  sets.clear();
  EXPECT_EQ(sets.rows(), 0U);
  EXPECT_EQ(sets.all().size(), 2U);
}

}  // namespace
}  // namespace loom::testing
