#include "formats/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Type = JsonSchemaType;
using Form = Type::Form;

JsonSchema parsed(std::string_view text, const std::vector<JsonSchemaReference>& references = {}) {
  auto result = parse_json_schema(text, references);
  EXPECT_EQ(result.problem, "");
  return result.schema.value_or(JsonSchema{{Type{}}});
}

const Type& field(const JsonSchema& schema, const std::string& name, std::uint32_t of = 0) {
  for (const auto& one : schema.types[of].fields) {
    if (one.name == name) return schema.types[one.type];
  }
  ADD_FAILURE() << "no field " << name;
  return schema.types[of];
}

TEST(JsonSchemaTest, TypesAndFormatsOfFields) {
  const auto schema = parsed(R"({"type":"object","required":["i","t"],"properties":{
    "i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"boolean"},"t":{"type":"string"},
    "l":{"type":"array","items":{"type":"string"}},"o":{"type":"object"},"x":{"type":["null","string"]},
    "at":{"type":"string","format":"date-time"},"d":{"type":"string","format":"date"},
    "tm":{"type":"string","format":"time"},"len":{"type":"string","format":"duration"},
    "u":{"type":"string","format":"uuid"},"v4":{"type":"string","format":"ipv4"},
    "v6":{"type":"string","format":"ipv6"},"mail":{"type":"string","format":"email"},
    "e":{"enum":["a","b",null]},"c":{"const":12},"any":{},"yes":true}})");
  EXPECT_EQ(schema.types[0].kinds, Type::kObject);
  EXPECT_THAT(schema.types[0].required, ElementsAre("i", "t"));
  EXPECT_EQ(field(schema, "i").kinds, Type::kInteger);
  EXPECT_EQ(field(schema, "n").kinds, Type::kNumber);
  EXPECT_EQ(field(schema, "b").kinds, Type::kBoolean);
  EXPECT_EQ(field(schema, "t").kinds, Type::kText);
  EXPECT_EQ(field(schema, "l").kinds, Type::kList);
  EXPECT_EQ(schema.types[field(schema, "l").items.value_or(0)].kinds, Type::kText);
  EXPECT_EQ(field(schema, "o").kinds, Type::kObject);
  EXPECT_EQ(field(schema, "x").kinds, Type::kNull | Type::kText);
  EXPECT_EQ(field(schema, "at").form, Form::date_time);
  EXPECT_EQ(field(schema, "d").form, Form::date);
  EXPECT_EQ(field(schema, "tm").form, Form::time);
  EXPECT_EQ(field(schema, "len").form, Form::duration);
  EXPECT_EQ(field(schema, "u").form, Form::uuid);
  EXPECT_EQ(field(schema, "v4").form, Form::address);
  EXPECT_EQ(field(schema, "v6").form, Form::address);
  EXPECT_EQ(field(schema, "mail").form, Form::none);
  EXPECT_EQ(field(schema, "e").kinds, Type::kText | Type::kNull);
  EXPECT_EQ(field(schema, "c").kinds, Type::kInteger);
  EXPECT_EQ(field(schema, "any").kinds, 0);
  EXPECT_EQ(field(schema, "yes").kinds, 0);
}

TEST(JsonSchemaTest, WhatARefLeadsToIsReadOnce) {
  const auto schema = parsed(R"({"properties":{"a":{"$ref":"#/definitions/P"},"b":{"$ref":"#/definitions/P"},
      "c":{"$ref":"#/$defs/Q"}},
      "definitions":{"P":{"type":"string"}},"$defs":{"Q":{"type":"integer"}}})");
  ASSERT_THAT(field(schema, "a").all, ElementsAre(testing::_));
  EXPECT_EQ(field(schema, "a").all, field(schema, "b").all);
  EXPECT_EQ(schema.types[field(schema, "a").all[0]].kinds, Type::kText);
  EXPECT_EQ(schema.types[field(schema, "c").all.at(0)].kinds, Type::kInteger);
}

TEST(JsonSchemaTest, ARecursiveSchemaLeadsBack) {
  const auto tree = parsed(R"({"type":"object","properties":{"child":{"$ref":"#"}}})");
  EXPECT_THAT(field(tree, "child").all, ElementsAre(0U));
  const auto circle = parsed(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})");
  EXPECT_EQ(circle.types.size(), 3U);
}

TEST(JsonSchemaTest, ARefThatLeadsNowhereIsATypeOfWhichNothingIsKnown) {
  const auto schema = parsed(R"({"properties":{"a":{"$ref":"#/definitions/P"},"b":{"$ref":"#anchor"},
      "c":{"$ref":"https://example.com/other.json"}}})");
  for (const char* name : {"a", "b", "c"}) {
    const auto& meant = schema.types[field(schema, name).all.at(0)];
    EXPECT_EQ(meant.kinds, 0) << name;
    EXPECT_THAT(meant.fields, IsEmpty()) << name;
  }
}

TEST(JsonSchemaTest, OtherSchemasByName) {
  const auto schema = parsed(R"({"properties":{"a":{"$ref":"other.json"},"b":{"$ref":"other.json#/$defs/P"}}})",
                             {{"other.json", R"({"type":"object","properties":{"x":{"$ref":"#/$defs/P"}},
                                "$defs":{"P":{"type":"boolean"}}})"}});
  EXPECT_EQ(schema.types[field(schema, "a").all.at(0)].kinds, Type::kObject);
  const auto& inner = field(schema, "x", field(schema, "a").all.at(0));
  EXPECT_EQ(inner.all, field(schema, "b").all);
  EXPECT_EQ(schema.types[inner.all.at(0)].kinds, Type::kBoolean);
}

TEST(JsonSchemaTest, PartsThatHoldTogetherAndOneOfSeveral) {
  const auto schema = parsed(R"({"allOf":[{"properties":{"a":{"type":"string"}}},{"required":["a"]}],
      "oneOf":[{"type":"null"},{"type":"object"}],"anyOf":[{"type":"string"}]})");
  EXPECT_EQ(schema.types[0].all.size(), 2U);
  ASSERT_EQ(schema.types[0].any.size(), 3U);
  EXPECT_EQ(schema.types[schema.types[0].any[0]].kinds, Type::kNull);
  EXPECT_EQ(schema.types[schema.types[0].any[2]].kinds, Type::kText);
}

TEST(JsonSchemaTest, FieldsThatAreNotNamed) {
  EXPECT_FALSE(parsed(R"({"type":"object"})").types[0].others);
  EXPECT_FALSE(parsed(R"({"additionalProperties":false})").types[0].others);
  EXPECT_TRUE(parsed(R"({"additionalProperties":true})").types[0].others);
  const auto map = parsed(R"({"additionalProperties":{"type":"integer"}})");
  EXPECT_EQ(map.types[map.types[0].others.value_or(0)].kinds, Type::kInteger);
  const auto pattern = parsed(R"({"patternProperties":{"^x_":{"type":"string"}}})");
  EXPECT_EQ(pattern.types[pattern.types[0].others.value_or(0)].kinds, Type::kText);
  const auto patterns = parsed(R"({"patternProperties":{"^x_":{"type":"string"},"^y_":{"type":"integer"}}})");
  EXPECT_EQ(patterns.types[patterns.types[0].others.value_or(0)].kinds, 0);
}

TEST(JsonSchemaTest, TuplesHaveElementsOfAnyType) {
  const auto schema = parsed(R"({"type":"array","items":[{"type":"string"},{"type":"integer"}]})");
  ASSERT_TRUE(schema.types[0].items);
  EXPECT_EQ(schema.types[*schema.types[0].items].kinds, 0);
}

TEST(JsonSchemaTest, WhatKafkaConnectAdds) {
  const auto schema = parsed(R"({"properties":{
    "price":{"type":"number","title":"org.apache.kafka.connect.data.Decimal","connect.type":"bytes",
             "connect.version":1,"connect.parameters":{"scale":"2","connect.decimal.precision":"12"}},
    "bare":{"type":"number","title":"org.apache.kafka.connect.data.Decimal","connect.parameters":{"scale":"x"}},
    "small":{"type":"integer","connect.type":"int16"},"real":{"type":"number","connect.type":"float32"},
    "twice":{"type":"number","connect.type":"float64"}}})");
  EXPECT_EQ(field(schema, "price").decimal_scale, 2);
  EXPECT_EQ(field(schema, "price").decimal_precision, 12);
  EXPECT_FALSE(field(schema, "bare").decimal_scale);
  EXPECT_EQ(field(schema, "small").bits, 16);
  EXPECT_TRUE(field(schema, "real").single);
  EXPECT_FALSE(field(schema, "twice").single);
}

TEST(JsonSchemaTest, WhatIsNoSchemaIsRefusedWithItsReason) {
  EXPECT_THAT(parse_json_schema("{").problem, HasSubstr("the schema is not valid JSON"));
  EXPECT_THAT(parse_json_schema("").problem, HasSubstr("not valid JSON"));
  EXPECT_THAT(parse_json_schema("[1]").problem, HasSubstr("a schema is an object"));
  EXPECT_THAT(parse_json_schema("{}", {{"r", "nonsense"}}).problem, HasSubstr("the reference r is not valid JSON"));
  const std::string deep(2000, '[');
  EXPECT_FALSE(parse_json_schema("{\"items\":" + deep + std::string(2000, ']') + "}").schema);
  EXPECT_THAT(parse_json_schema("\"" + std::string(std::size_t{11} << 20U, 'x') + "\"").problem, HasSubstr("10 MB"));
  std::string wide = R"({"properties":{)";
  for (int i = 0; i < 100'001; ++i) wide += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":{}";
  EXPECT_THAT(parse_json_schema(wide + "}}").problem, HasSubstr("100000 types"));
}

}  // namespace
}  // namespace loom::formats
