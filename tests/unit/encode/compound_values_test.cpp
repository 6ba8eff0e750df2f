// Lists and objects as values: arrays of every depth, and types that are known by name alone.

#include <gtest/gtest.h>

#include <string>

#include "plan_builder.h"
#include "value_cases.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::Transform;
using mapping::ValueType;

TEST(Values, ArraysInText) {
  const auto list = [](ColumnType element, ValueType type = ValueType::array) {
    PlanBuilder plan(false);
    plan.array_of(element, "v", "v", type);
    return plan;
  };
  expect_text(list(ColumnType::text), {{R"(["a","b c",null,1.50,true,{"k":"v"},[1,"x"]])",
                                        R"({"a","b c",NULL,"1.50","true","{\\"k\\":\\"v\\"}","[1,\\"x\\"]"})"},
                                       {"[]", "{}"},
                                       {R"("plain")", R"({"plain"})"},
                                       {"5", R"({"5"})"},
                                       {R"("[\"a\", 2]")", R"({"a","2"})"},
                                       {R"("[broken")", R"({"[broken"})"},
                                       {R"(["a\\b\n"])", R"({"a\\\\b\n"})"},
                                       {R"(["\u0000"])", "invalid_text"},
                                       {"null", "NULL"}});
  expect_text(list(ColumnType::int4), {{R"([1,"2.9",true])", R"({"1","2","1"})"},
                                       {"[[1,2],[3,null]]", R"({{"1","2"},{"3",NULL}})"},
                                       {"[[[1],[2]],[[3],[4]]]", R"({{{"1"},{"2"}},{{"3"},{"4"}}})"},
                                       {R"("[[1,2],[3,4]]")", R"({{"1","2"},{"3","4"}})"},
                                       {"[[],[]]", "{}"},
                                       {"[[1],[2,3]]", "conversion_failed"},
                                       {"[[1],2]", "conversion_failed"},
                                       {"[[1],null]", "conversion_failed"},
                                       {"[[1],[[2]]]", "conversion_failed"},
                                       {"[[[[[[[1]]]]]]]", "conversion_failed"},
                                       {"[[1],[3000000000]]", "out_of_range"},
                                       {"[3000000000]", "out_of_range"},
                                       {"7", R"({"7"})"},
                                       {R"(["x"])", "conversion_failed"}});
  expect_text(list(ColumnType::float4, ValueType::float_array), {{"[1,null,2.5]", R"({"1","2.5"})"},
                                                                 {R"("[1, 2]")", R"({"1","2"})"},
                                                                 {"[null]", "{}"},
                                                                 {"5", "conversion_failed"},
                                                                 {R"("x")", "conversion_failed"},
                                                                 {"{}", "conversion_failed"},
                                                                 {R"(["x"])", "conversion_failed"},
                                                                 {"[1e39]", "out_of_range"}});
}

TEST(Values, ListsOfListsInArraysOfOtherTypes) {
  PlanBuilder words(false);
  words.array_of(ColumnType::text, "v", "v");
  expect_text(words, {{R"([["a","b\"c"],["d",null]])", R"({{"a","b\\"c"},{"d",NULL}})"},
                      {R"([["a"],["b","c"]])", "conversion_failed"},
                      {R"([["a"],null])", "conversion_failed"},
                      {R"([["a"],"b"])", R"({"[\\"a\\"]","b"})"}});
  PlanBuilder documents(false);
  documents.array_of(ColumnType::jsonb, "v", "v");
  expect_text(documents, {{"[[1],[2,3]]", R"({"[1]","[2,3]"})"}});
  PlanBuilder boxes(false);
  boxes.array_of(ColumnType::other, "v", "v");
  boxes.last().info.element_oid = 603;
  expect_text(boxes, {{R"j(["(1,1),(0,0)","(2,2),(0,0)"])j", R"j({"(1,1),(0,0)";"(2,2),(0,0)"})j"}});
  PlanBuilder floats(false);
  floats.array_of(ColumnType::float8, "v", "v");
  expect_text(floats, {{"[1,null,3]", R"({"1",NULL,"3"})"}, {"5", R"({"5"})"}, {"[[1.5],[2]]", R"({{"1.5"},{"2"}})"}});
  floats.as(ValueType::float_array);
  expect_text(floats, {{"[[1.5],[2]]", R"({{"1.5"},{"2"}})"}, {"[[1],[null]]", "conversion_failed"}});
}

TEST(Values, ObjectsListsAndBooleansForTypesKnownByName) {
  const auto of = [](const char* type) {
    auto plan = column(ColumnType::other, false).as(ValueType::string);
    plan.last().info.type_name = type;
    return plan;
  };
  expect_text(of("point"), {{R"({"x":1,"y":2.5})", "(1,2.5)"},
                            {R"({"y":"-2","wkb":"AQ==","srid":null,"x":1e3})", "(1e3,-2)"},
                            {"[1, 2]", "(1,2)"},
                            {R"j("(1,2)")j", "(1,2)"},
                            {R"({"x":1})", R"({"x":1})"}});
  expect_text(of("box"), {{"[[1,2],[3,4]]", "((1,2),(3,4))"}, {R"([{"x":1,"y":2},[3,4]])", "((1,2),(3,4))"}});
  expect_text(of("polygon"), {{"[[0,0],[0,1],[1,0]]", "((0,0),(0,1),(1,0))"}});
  expect_text(of("path"), {{"[[0,0],[0,1]]", "[(0,0),(0,1)]"}});
  expect_text(of("cube"), {{"[[0,0],[1,2]]", "(0,0),(1,2)"}, {"[1,2]", "(1,2)"}});
  expect_text(of("line"), {{"[1,2,3]", "{1,2,3}"}});
  expect_text(of("circle"), {{"[[1,2],3]", "<(1,2),3>"}});
  expect_text(of("public.hstore"), {{R"({"a":"1","b \"q\"":null,"c":true,"d":{"e":[1]}})",
                                     R"("a"=>"1","b \\"q\\""=>NULL,"c"=>"true","d"=>"{\\"e\\":[1]}")"},
                                    {R"({"a":1,"b":2,"a":3})", R"("a"=>"3","b"=>"2")"},
                                    {R"("{\"a\": \"1\"}")", R"("a"=>"1")"},
                                    {R"("a=>1")", "a=>1"},
                                    {"{}", ""},
                                    {R"({"a":"\u0000"})", "invalid_text"}});
  expect_text(of("bit(1)"), {{"true", "1"}, {"false", "0"}, {"1", "1"}, {R"("101")", "101"}});
  expect_text(of("bit varying(3)"), {{"true", "1"}});
}

TEST(Values, JsonInTextBecomesThatJson) {
  auto plan = column(ColumnType::jsonb, false);
  plan.transform(Transform::json_parse);
  expect_text(plan, {{R"("{\"a\": [1, 2]}")", R"({"a": [1, 2]})"},
                     {R"("5")", "5"},
                     {R"("\"text\"")", R"("text")"},
                     {R"({"a":1})", R"({"a":1})"},
                     {"7", "7"},
                     {R"("{broken")", "conversion_failed"},
                     {R"("")", "conversion_failed"},
                     {R"("\"\\u0000\"")", "invalid_text"}});
}

TEST(Values, ArraysInBinary) {
  PlanBuilder integers;
  integers.array_of(ColumnType::int4, "v", "v");
  EXPECT_EQ(hex(Rows::field(integers, "[1,null]")),
            "00000001"  // dimensions
            "00000001"  // with nulls
            "01020304"  // the elements' type
            "00000002"  // size
            "00000001"  // first index
            "0000000400000001"
            "ffffffff");
  EXPECT_EQ(hex(Rows::field(integers, "[]")), "000000000000000001020304");
  EXPECT_EQ(hex(Rows::field(integers, "[[1,2]]")),
            "00000002"  // dimensions
            "00000000"
            "01020304"
            "00000001"  // the first one's size
            "00000001"
            "00000002"  // the second one's
            "00000001"
            "0000000400000001"
            "0000000400000002");
  EXPECT_EQ(hex(Rows::field(integers, "[[]]")), "000000000000000001020304");
  PlanBuilder floats;
  floats.array_of(ColumnType::float4, "v", "v", ValueType::float_array);
  EXPECT_EQ(hex(Rows::field(floats, "[null,1]")), "0000000100000000010203040000000100000001000000043f800000");
  EXPECT_EQ(hex(Rows::field(floats, "[null]")), "000000000000000001020304");
}

TEST(Values, TypesKnownOnlyByName) {
  expect_text(column(ColumnType::other, false),
              {{"\"POINT(1 2)\"", "POINT(1 2)"}, {"1.5", "1.5"}, {R"({"a":1})", R"({"a":1})"}, {"[1, 2]", "[1, 2]"}});
  expect_text(column(ColumnType::other, false).as(ValueType::float_array), {{"[1, null, 2.5]", "[1,2.5]"},
                                                                            {R"("[1,2]")", "[1,2]"},
                                                                            {"5", "conversion_failed"},
                                                                            {R"(["x"])", "conversion_failed"},
                                                                            {R"("x")", "conversion_failed"}});
}

}  // namespace
}  // namespace loom::testing
