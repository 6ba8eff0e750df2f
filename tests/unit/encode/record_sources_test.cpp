// Keys, messages that are lists, values that count as absent, and what is no JSON message at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "encode/absent_values.h"
#include "plan_builder.h"

namespace loom::testing {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls): a false alarm
using mapping::ColumnType;
using ::testing::HasSubstr;

/// All rows of the first row set, fields with bars between them.
std::vector<std::string> rows_of(const Rows& rows, std::size_t set = 0) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < rows.sets().all().at(set).rows.size(); ++i) {
    std::string line;
    for (const auto& field : rows.row(i, set)) {
      line += (line.empty() ? "" : "|") + (field.data() == nullptr ? "NULL" : std::string(field));
    }
    all.push_back(line);
  }
  return all;
}

using Lines = std::vector<std::string>;

std::string add(Rows& rows, std::string_view key, std::string_view value) {
  Message message = message_of(value);
  message.has_key = true;
  message.key = key;
  return rows.add(message);
}

TEST(KeyFields, ComeFromAKeyThatIsJson) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::int8, {"$key.id", "id"})
      .column("customer", ColumnType::text, {"$key.customer.\"odd.name\""})
      .column("first", ColumnType::text, {"$key.items[0]"})
      .column("key", ColumnType::text, {"$key"})
      .array_of(ColumnType::text, "items", "$key.items");
  Rows rows(plan);
  EXPECT_EQ(add(rows, R"({"id":7,"customer":{"odd.name":"c"},"items":["x\ty","z"]})", R"({"id":1})"), "");
  EXPECT_EQ(add(rows, R"("text")", R"({"id":1})"), "");
  EXPECT_EQ(add(rows, "", R"({"id":2})"), "");
  EXPECT_EQ(rows.add(R"({"id":3})"), "");
  EXPECT_EQ(rows_of(rows), (Lines{R"(7|c|x\ty|{"id":7,"customer":{"odd.name":"c"},"items":["x\\ty","z"]}|{"x\ty","z"})",
                                  R"(1|NULL|NULL|"text"|NULL)", "2|NULL|NULL||NULL", "3|NULL|NULL|NULL|NULL"}));
}

TEST(KeyFields, OfAKeyThatIsNoJsonMakeADeadLetterThatNamesTheKey) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::int8, {"$key.id"});
  Rows rows(plan);
  EXPECT_EQ(add(rows, "user-7", "{}"), "invalid_json");
  EXPECT_THAT(rows.reject().message, HasSubstr("the key is not valid JSON: "));
  EXPECT_EQ(add(rows, "\0\0\0\0\x07\x02x"sv, "{}"), "invalid_json");
  EXPECT_THAT(rows.reject().message, HasSubstr("the key begins with a schema registry's framing (schema 7)"));
  EXPECT_EQ(add(rows, "\xEF\xBB\xBF{\"id\":5}\0"sv, "{}"), "");
  EXPECT_EQ(add(rows, R"({"id":"x"})", "{}"), "conversion_failed");
  EXPECT_THAT(rows.reject().message, HasSubstr("source \"$key.id\""));
  EXPECT_EQ(rows_of(rows), (Lines{"5"}));
}

TEST(KeyFields, AreNotLookedForWhereNoneIsMapped) {
  PlanBuilder plan(false);
  plan.column("key", ColumnType::text, {"$key"});
  Rows rows(plan);
  EXPECT_EQ(add(rows, "{broken", "{}"), "");
  EXPECT_EQ(rows_of(rows), (Lines{"{broken"}));
}

TEST(KeyFields, CanBeRequiredAndGoIntoTheRowsOfElements) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::int8, {"$key.id"});
  plan.required("$key.id", {"$key.id"});
  plan.child_table("child")
      .explode("items")
      .column("id", ColumnType::int8, {"$key.id"})
      .column("sku", ColumnType::text, {"[0].sku"});
  Rows rows(plan);
  EXPECT_EQ(add(rows, R"({"id":7})", R"({"items":[{"sku":"a"},{"sku":"b"}]})"), "");
  EXPECT_EQ(add(rows, R"({"id":null})", "{}"), "missing_required_field");
  EXPECT_EQ(rows.add("{}"), "missing_required_field");
  EXPECT_EQ(rows_of(rows, 0), (Lines{"7"}));
  EXPECT_EQ(rows_of(rows, 1), (Lines{"7|a", "7|b"}));
}

TEST(ListMessages, GiveARowForEachElement) {
  PlanBuilder plan(false);
  plan.explode("$value")
      .column("sku", ColumnType::text, {"[0].sku", "[0]"})
      .column("at", ColumnType::int4, {"[0]#"})
      .column("first", ColumnType::text, {"[0].sku"})
      .column("raw", ColumnType::jsonb, {"$value"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"([{"sku":"a"},"b"])"), "");
  EXPECT_EQ(rows.add("[]"), "");
  EXPECT_EQ(rows.add("\xEF\xBB\xBF[\"c\"]\0"sv), "");
  EXPECT_EQ(rows_of(rows), (Lines{R"(a|0|a|[{"sku":"a"},"b"])", R"(b|1|NULL|[{"sku":"a"},"b"])", "NULL|NULL|NULL|[]",
                                  R"(c|0|NULL|["c"])"}));
}

TEST(ListMessages, ThatAreNoneAreDeadLetters) {
  PlanBuilder plan(false);
  plan.explode("$value").column("sku", ColumnType::text, {"[0].sku"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"sku":"a"})"), "conversion_failed");
  EXPECT_EQ(rows.reject().message, R"(source "$value": {"sku":"a"} is not a list)");
  EXPECT_EQ(rows.add("null"), "conversion_failed");
  EXPECT_EQ(rows.add("5"), "conversion_failed");
  EXPECT_EQ(rows.add("[1"), "invalid_json");
  PlanBuilder ordinary(false);
  ordinary.column("sku", ColumnType::text, {"sku"});
  Rows others(ordinary);
  EXPECT_EQ(others.add(R"([{"sku":"a"}])"), "not_an_object");
}

TEST(AbsentValues, CountAsNotThereWhereverTheyStand) {
  PlanBuilder plan(false);
  plan.plan().absent_values = {"\"N/A\"", "\"\"", "-999", "false", R"("\u0061\"b")"};
  plan.column("a", ColumnType::text, {"a", "b"}).defaults_to("\"d\"").column("n", ColumnType::float8, {"n"});
  plan.column("k", ColumnType::text, {"$key.k"}).column("o", ColumnType::text, {"o"});
  plan.child_table("child").explode("l").column("x", ColumnType::text, {"[0].x", "[0]"});
  Rows rows(plan);
  EXPECT_EQ(add(rows, R"({"k":"N/A"})", R"({"a":"N/A","b":"x","n":-999.0,"o":{"p":"N/A"},"l":[{"x":"N/A"},"","y"]})"),
            "");
  EXPECT_EQ(add(rows, R"({"k":"k"})", R"({"a":"a\"b","b":false,"n":"-999","l":"N/A"})"), "");
  EXPECT_EQ(add(rows, "null", R"({"a":"N/A ","n":-99.9,"l":"[{\"x\":\"\"},5]"})"), "");
  EXPECT_EQ(rows_of(rows, 0), (Lines{R"(x|NULL|NULL|{"p":"N/A"})", "d|-999|k|NULL", "N/A |-99.9|NULL|NULL"}));
  EXPECT_EQ(rows_of(rows, 1), (Lines{"NULL", "NULL", "y", "NULL", "5"}));
}

TEST(AbsentValues, LeaveARequiredFieldMissing) {
  PlanBuilder plan(false);
  plan.plan().absent_values = {"\"\""};
  plan.column("a", ColumnType::text, {"a"}).required("a", {"a"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(R"({"a":""})"), "missing_required_field");
  EXPECT_EQ(rows.add(R"({"a":" "})"), "");
}

TEST(AbsentValues, NumbersAreComparedByTheirValue) {
  using encode::same_number;
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{{"100", "1e2"},
                                                                             {"0", "-0.00"},
                                                                             {"0.0010", "1E-3"},
                                                                             {"-12.5", "-0.125e+2"},
                                                                             {"9007199254740993", "9007199254740993.0"},
                                                                             {"1000", "0.1e4"}}) {
    EXPECT_TRUE(same_number(a, b)) << a << " " << b;
    EXPECT_TRUE(same_number(b, a)) << a << " " << b;
  }
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{{"1", "-1"},
                                                                             {"1", "10"},
                                                                             {"9007199254740993", "9007199254740992"},
                                                                             {"1.5", "15"},
                                                                             {"101", "11"},
                                                                             {"0", "0.1"},
                                                                             {"1", "1e99999999999999999999"}}) {
    EXPECT_FALSE(same_number(a, b)) << a << " " << b;
  }
}

TEST(MessageForms, AMarkInFrontAndNulBytesBehindArePassedOver) {
  PlanBuilder plan(false);
  plan.column("a", ColumnType::text, {"a"}).column("raw", ColumnType::jsonb, {"$value"});
  Rows rows(plan);
  EXPECT_EQ(rows.add("\xEF\xBB\xBF{\"a\":1}"), "");
  EXPECT_EQ(rows.add("{\"a\":2}\n\0\0"sv), "");
  EXPECT_EQ(rows_of(rows), (Lines{R"(1|{"a":1})", R"(2|{"a":2})"}));
  EXPECT_EQ(rows.add("\xEF\xBB\xBF{\"a\":tru}"), "invalid_json");
  EXPECT_EQ(rows.reject().message, "the value is not valid JSON: a literal is misspelt before here (byte 11)");
  EXPECT_EQ(rows.add("\xEF\xBB\xBF[1]"), "not_an_object");
  EXPECT_EQ(rows.add("\xEF\xBB\xBF"), "invalid_json");
  EXPECT_EQ(rows.add("\0\0"sv), "invalid_json");
}

TEST(MessageForms, WhatIsNoJsonIsNamed) {
  PlanBuilder plan(false);
  plan.column("a", ColumnType::text, {"a"});
  Rows rows(plan);
  EXPECT_EQ(rows.add("\0\0\0\0\x2A{\"a\":1}"sv), "invalid_json");
  EXPECT_THAT(rows.reject().message, HasSubstr("(schema 42): this topic's messages are in a registry's format"));
  EXPECT_EQ(rows.add("{\"a\":1}\n{\"a\":2}"), "invalid_json");
  EXPECT_THAT(rows.reject().message, HasSubstr("holds 2 JSON values"));
  EXPECT_EQ(rows.add("{\"a\":1}\n{\"a\":"), "invalid_json");
  EXPECT_THAT(rows.reject().message, HasSubstr("is not valid JSON"));
}

}  // namespace
}  // namespace loom::testing
