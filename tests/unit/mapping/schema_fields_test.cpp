#include "mapping/schema_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "schemas.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// `TYPE`, as create-tables has it, with `?` where it may be null and `-` where it may be missing.
std::string seen(const formats::Schema& schema, const std::string& path, const std::string& message = "") {
  const auto field = field_at(schema, message, split_path(path));
  if (!field) return "nothing";
  const auto type = column_type(*field);
  return type_text(type.type, type.parameters) + (field->nullable ? "?" : "") + (field->required ? "" : "-");
}

using Cases = std::vector<std::pair<std::string, std::string>>;

void expect(const formats::Schema& schema, const Cases& cases, const std::string& message = "") {
  for (const auto& [path, what] : cases) EXPECT_EQ(seen(schema, path, message), what) << path;
}

TEST(SchemaFieldsTest, AvrosTypesAndLogicalTypes) {
  const auto schema = avro(R"({"type":"record","name":"R","fields":[
    {"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},
    {"name":"f","type":"float"},{"name":"d","type":"double"},{"name":"s","type":"string"},{"name":"y","type":"bytes"},
    {"name":"fx","type":{"type":"fixed","name":"F","size":4}},
    {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
    {"name":"money","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
    {"name":"big","type":{"type":"bytes","logicalType":"big-decimal"}},
    {"name":"id","type":{"type":"string","logicalType":"uuid"}},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"tod","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"local","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"len","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},
    {"name":"none","type":"null"}]})");
  expect(schema, {{"b", "boolean"},    {"i", "integer"},
                  {"l", "integer"},    {"f", "float"},
                  {"d", "float"},      {"s", "string"},
                  {"y", "bytes"},      {"fx", "bytes"},
                  {"e", "string"},     {"money", "decimal(12,2)"},
                  {"big", "decimal"},  {"id", "uuid"},
                  {"day", "date"},     {"tod", "time"},
                  {"at", "timestamp"}, {"local", "timestamp"},
                  {"len", "interval"}, {"none", "unspecified?"},
                  {"x", "nothing"},    {"s.x", "nothing"},
                  {"s[0]", "nothing"}});
  EXPECT_EQ(field_at(schema, "", split_path("i"))->bits, 32);
  EXPECT_EQ(field_at(schema, "", split_path("l"))->bits, 64);
  EXPECT_EQ(field_at(schema, "", {})->kind, SchemaField::Kind::object);
}

TEST(SchemaFieldsTest, AvrosUnionsHaveWhatAnyBranchHas) {
  const auto schema = avro(R"({"type":"record","name":"R","fields":[
    {"name":"n","type":["null","long"]},{"name":"num","type":["int","long"]},{"name":"mix","type":["int","string"]},
    {"name":"exact","type":["long","double"]},
    {"name":"r","type":["null",
      {"type":"record","name":"A","fields":[{"name":"a","type":"int"},{"name":"both","type":"int"}]},
      {"type":"record","name":"B","fields":[{"name":"b","type":"string"},{"name":"both","type":"long"}]}]}]})");
  expect(schema, {{"n", "integer?"},
                  {"num", "integer"},
                  {"mix", "json"},
                  {"exact", "decimal"},
                  {"r", "json?"},
                  {"r.a", "integer?-"},
                  {"r.b", "string?-"},
                  {"r.both", "integer?"},
                  {"r.c", "nothing"}});
  EXPECT_EQ(field_at(schema, "", split_path("r.both"))->bits, 64);
}

TEST(SchemaFieldsTest, AvrosAliasesMapsAndArrays) {
  const auto schema = avro(R"({"type":"record","name":"R","fields":[
    {"name":"new","aliases":["old","other"],"type":"int"},{"name":"other","type":"string"},
    {"name":"m","type":{"type":"map","values":"double"}},
    {"name":"l","type":{"type":"array","items":["null","string"]}},
    {"name":"fl","type":{"type":"array","items":"float"}},{"name":"dl","type":{"type":"array","items":"double"}},
    {"name":"rows","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"sku","type":"string"}]}}},
    {"name":"next","type":["null","R"]}]})");
  expect(schema, {{"new", "integer"},
                  {"old", "integer"},
                  {"other", "string"},
                  {"m", "json"},
                  {"m.anything", "float?-"},
                  {"m.a.b", "nothing"},
                  {"l", "array"},
                  {"l[0]", "string?-"},
                  {"l.x", "nothing"},
                  {"fl", "float_array"},
                  {"dl", "json"},
                  {"rows", "json"},
                  {"rows[0].sku", "string?-"},
                  {"rows[-1].sku", "string?-"},
                  {"rows.sku", "nothing"},
                  {"next.next.next.new", "integer?"}});
}

TEST(SchemaFieldsTest, ProtobufsFieldsByNameAndByJsonName) {
  const auto schema = protobuf(R"(syntax = "proto3"; package p;
    message M { int32 user_id = 1; optional string name = 2; uint64 big = 3; fixed32 small = 4; double d = 5; float f = 6;
      bytes y = 7; E e = 8; repeated int32 list = 9; repeated string texts = 10; map<string, In> by_name = 11; In in = 12;
      repeated In ins = 13; oneof one { bool a = 14; string b = 15; } bool flag = 16; string odd = 17 [json_name = "weird"]; }
    message In { sint64 x = 1; M back = 2; }
    enum E { ZERO = 0; })");
  expect(schema, {{"user_id", "integer"},
                  {"userId", "integer"},
                  {"name", "string?-"},
                  {"big", "decimal(20,0)"},
                  {"small", "integer"},
                  {"d", "float"},
                  {"f", "float"},
                  {"y", "bytes"},
                  {"e", "string"},
                  {"list", "json"},
                  {"list[3]", "integer?-"},
                  {"texts", "array"},
                  {"by_name", "json"},
                  {"by_name.anything.x", "integer?-"},
                  {"byName.anything.x", "integer?-"},
                  {"in", "json?-"},
                  {"in.x", "integer?-"},
                  {"in.back.in.x", "integer?-"},
                  {"ins[0].x", "integer?-"},
                  {"ins.x", "nothing"},
                  {"a", "boolean?-"},
                  {"b", "string?-"},
                  {"one", "nothing"},
                  {"flag", "boolean"},
                  {"weird", "string"},
                  {"odd", "string"},
                  {"userid", "nothing"}});
  expect(schema, {{"x", "integer"}, {"back.user_id", "integer?-"}}, "p.In");
  expect(schema, {{"x", "nothing"}}, "p.Missing");
}

TEST(SchemaFieldsTest, ProtobufsPresenceOfTheSecondSyntax) {
  const auto schema = protobuf(R"(syntax = "proto2";
    message M { required int64 id = 1; optional int64 o = 2; required group G = 3 { required bool x = 1; } })");
  expect(schema, {{"id", "integer"}, {"o", "integer?-"}, {"G.x", "nothing"}, {"g.x", "boolean"}});
}

TEST(SchemaFieldsTest, WellKnownTypesStandForWhatTheyAre) {
  const auto schema = protobuf(R"(syntax = "proto3";
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/any.proto";
    message M { google.protobuf.Timestamp at = 1; google.protobuf.Duration len = 2; google.protobuf.Int64Value n = 3;
      google.protobuf.StringValue s = 4; google.protobuf.Struct free = 5; google.protobuf.Value v = 6;
      google.protobuf.ListValue l = 7; google.protobuf.Any any = 8; repeated google.protobuf.Timestamp ats = 9; })");
  expect(schema, {{"at", "timestamp?-"},
                  {"at.seconds", "nothing"},
                  {"len", "interval?-"},
                  {"n", "integer?-"},
                  {"n.value", "nothing"},
                  {"s", "string?-"},
                  {"free", "json?-"},
                  {"free.a.b[3].c", "unspecified?-"},
                  {"v", "json?-"},
                  {"v.x", "unspecified?-"},
                  {"l", "json?-"},
                  {"l[0]", "unspecified?-"},
                  {"l.x", "nothing"},
                  {"any", "json?-"},
                  {"any.type_url", "string?-"},
                  {"ats[0]", "timestamp?-"},
                  {"ats", "json"}});
}

TEST(SchemaFieldsTest, JsonSchemasTypesAndForms) {
  const auto schema = json(R"({"type":"object","required":["i","n","s","at","l","o","both"],"properties":{
    "i":{"type":"integer"},"n":{"type":"number"},"s":{"type":"string"},"b":{"type":"boolean"},
    "at":{"type":"string","format":"date-time"},"d":{"type":"string","format":"date"},
    "t":{"type":"string","format":"time"},"u":{"type":"string","format":"uuid"},"ip":{"type":"string","format":"ipv4"},
    "l":{"type":"array","items":{"type":"string"}},"nl":{"type":"array","items":{"type":"number"}},
    "o":{"type":"object","required":["x"],"properties":{"x":{"type":"integer"},"y":{"type":"integer"}}},
    "both":{"type":["null","integer"]},"mix":{"type":["integer","string"]},"any":{},
    "money":{"type":"number","title":"org.apache.kafka.connect.data.Decimal",
             "connect.parameters":{"scale":"2","connect.decimal.precision":"12"}},
    "free":{"type":"object"},"map":{"type":"object","additionalProperties":{"type":"integer"}}}})");
  expect(schema, {{"i", "integer"},
                  {"n", "float"},
                  {"s", "string"},
                  {"b", "boolean?-"},
                  {"at", "timestamp"},
                  {"d", "date?-"},
                  {"t", "time?-"},
                  {"u", "uuid?-"},
                  {"ip", "inet?-"},
                  {"l", "array"},
                  {"l[0]", "string?-"},
                  {"nl", "json?-"},
                  {"o", "json"},
                  {"o.x", "integer"},
                  {"o.y", "integer?-"},
                  {"o.z", "nothing"},
                  {"both", "integer?"},
                  {"mix", "json?-"},
                  {"any", "unspecified?-"},
                  {"any.x.y", "unspecified?-"},
                  {"money", "decimal(12,2)?-"},
                  {"free.x", "unspecified?-"},
                  {"free[0]", "nothing"},
                  {"map.x", "integer?-"},
                  {"i.x", "nothing"}});
}

TEST(SchemaFieldsTest, JsonSchemasPartsAndReferences) {
  const auto schema = json(R"({"allOf":[{"$ref":"#/$defs/base"},{"required":["id"]}],
    "properties":{"who":{"oneOf":[{"type":"null"},{"$ref":"#/$defs/person"}]},
                  "pet":{"anyOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]},
                  "tree":{"$ref":"#/$defs/tree"}},
    "required":["who","pet"],
    "$defs":{"base":{"type":"object","properties":{"id":{"type":"string","format":"uuid"}}},
      "person":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}},
      "cat":{"type":"object","required":["legs","purrs"],"properties":{"legs":{"type":"integer"},"purrs":{"type":"boolean"}}},
      "dog":{"type":"object","required":["legs"],"properties":{"legs":{"type":"number"}}},
      "tree":{"type":"object","properties":{"child":{"$ref":"#/$defs/tree"},"leaf":{"type":"integer"}}}}})");
  expect(schema, {{"id", "uuid"},
                  {"who", "json?"},
                  {"who.name", "string?"},
                  {"pet", "json"},
                  {"pet.legs", "decimal"},
                  {"pet.purrs", "boolean?-"},
                  {"tree.child.child.leaf", "integer?-"},
                  {"tree.child.child.x", "nothing"}});
}

TEST(SchemaFieldsTest, ASchemaThatIsReadByNobodyLeavesEverythingOpen) {
  formats::Schema schema;
  expect(schema, {{"x.y", "unspecified?-"}});
}

TEST(SchemaFieldsTest, SchemasWithMoreWaysThroughThemThanAnybodyCanGo) {
  std::string text = R"({"properties":{"x":{"type":"integer"}},"allOf":[)";
  for (int i = 0; i < 30; ++i) text += std::string(i == 0 ? "" : ",") + R"({"anyOf":[{"minimum":1},{"maximum":1}]})";
  EXPECT_EQ(seen(json(text + "]}"), "x"), "integer?-");
  EXPECT_EQ(seen(json(R"({"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"object"}]}}})"), "x"),
            "unspecified?-");
}

TEST(SchemaFieldsTest, UnsignedAndSignedNumbersInOne) {
  using Kind = SchemaField::Kind;
  const auto integer = [](int bits, bool is_signed) {
    SchemaField field;
    field.kind = Kind::integer;
    field.bits = bits;
    field.is_signed = is_signed;
    return field;
  };
  EXPECT_EQ(either(integer(32, true), integer(32, false)), integer(64, true));
  EXPECT_EQ(either(integer(64, true), integer(32, false)), integer(64, true));
  EXPECT_FALSE(either(integer(32, true), integer(64, false)).is_signed);
  EXPECT_EQ(either(integer(32, false), integer(32, false)), integer(32, false));
}

TEST(SchemaFieldsTest, NamesAndWhatMayBeMeant) {
  const auto schema = avro(R"({"type":"record","name":"R","fields":[{"name":"user_id","type":"int"},
    {"name":"data","type":["null",{"type":"record","name":"D","fields":[
      {"name":"word","type":"string"},{"name":"odd.name","type":"string"}]}]}]})");
  EXPECT_THAT(names_at(schema, "", {}), ElementsAre("user_id", "data"));
  EXPECT_THAT(names_at(schema, "", split_path("data")), ElementsAre("word", "odd.name"));
  EXPECT_THAT(names_at(schema, "", split_path("user_id")), IsEmpty());
  EXPECT_EQ(meant_path(schema, "", split_path("userId")), "user_id");
  EXPECT_EQ(meant_path(schema, "", split_path("data.wird")), "data.word");
  EXPECT_EQ(meant_path(schema, "", split_path("data.odd_name")), "data.\"odd.name\"");
  EXPECT_EQ(meant_path(schema, "", split_path("date.word")), "data.word");
  EXPECT_EQ(meant_path(schema, "", split_path("date.nothing_like_it")), "data");
  EXPECT_EQ(meant_path(schema, "", split_path("data.nothing_like_it")), "");
}

}  // namespace
}  // namespace loom::mapping::testing
