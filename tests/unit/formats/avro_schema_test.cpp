#include "formats/avro_schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace loom::formats {
namespace {

using Kind = AvroType::Kind;
using Logical = AvroType::Logical;

AvroSchema schema(const std::string& text, const std::vector<std::string>& references = {}) {
  auto parsed = parse_avro_schema(text, references);
  EXPECT_TRUE(parsed.schema) << parsed.problem;
  return parsed.schema ? *parsed.schema : AvroSchema{{AvroType{}}};
}

std::string problem(const std::string& text, const std::vector<std::string>& references = {}) {
  const auto parsed = parse_avro_schema(text, references);
  EXPECT_FALSE(parsed.schema);
  return parsed.problem;
}

TEST(AvroSchema, PrimitiveTypesAreNamesOrObjects) {
  const std::vector<std::pair<std::string, Kind>> names{
      {"null", Kind::null},     {"boolean", Kind::boolean}, {"int", Kind::int32},   {"long", Kind::int64},
      {"float", Kind::float32}, {"double", Kind::float64},  {"bytes", Kind::bytes}, {"string", Kind::string}};
  for (const auto& [name, kind] : names) {
    EXPECT_EQ(schema('"' + name + '"').types[0].kind, kind);
    EXPECT_EQ(schema(R"({"type":")" + name + R"(","doc":"x"})").types[0].kind, kind);
    EXPECT_EQ(schema(R"({"type":{"type":")" + name + R"("}})").types[0].kind, kind);
  }
}

TEST(AvroSchema, ARecordHasItsFieldsInOrder) {
  const auto made = schema(R"({"type":"record","name":"Order","namespace":"shop","aliases":["Old"],"doc":"d","fields":[
    {"name":"id","type":"long","aliases":["number","nr"],"default":1,"order":"ascending"},
    {"name":"note","type":["null","string"],"default":null},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"by_name","type":{"type":"map","values":"double"}}]})");
  const AvroType& root = made.types[0];
  EXPECT_EQ(root.kind, Kind::record);
  EXPECT_EQ(root.name, "shop.Order");
  ASSERT_EQ(root.fields.size(), 4U);
  EXPECT_EQ(root.fields[0].name, "id");
  EXPECT_EQ(root.fields[0].aliases, (std::vector<std::string>{"number", "nr"}));
  EXPECT_EQ(made.types[root.fields[0].type].kind, Kind::int64);
  const AvroType& note = made.types[root.fields[1].type];
  EXPECT_EQ(note.kind, Kind::choice);
  ASSERT_EQ(note.branches.size(), 2U);
  EXPECT_EQ(made.types[note.branches[0]].kind, Kind::null);
  EXPECT_EQ(made.types[note.branches[1]].kind, Kind::string);
  const AvroType& tags = made.types[root.fields[2].type];
  EXPECT_EQ(tags.kind, Kind::array);
  EXPECT_EQ(made.types[tags.branches[0]].kind, Kind::string);
  const AvroType& map = made.types[root.fields[3].type];
  EXPECT_EQ(map.kind, Kind::map);
  EXPECT_EQ(made.types[map.branches[0]].kind, Kind::float64);
}

TEST(AvroSchema, NamesAreFoundInTheirNamespace) {
  const auto made = schema(R"({"type":"record","name":"R","namespace":"x.y","fields":[
    {"name":"a","type":{"type":"fixed","name":"F","size":2}},
    {"name":"b","type":"F"},
    {"name":"c","type":"x.y.F"},
    {"name":"d","type":{"type":"enum","name":"z.E","symbols":["A","B"],"default":"A"}},
    {"name":"e","type":"z.E"},
    {"name":"f","type":{"type":"error","name":"Q","namespace":"","fields":[{"name":"r","type":["null","x.y.R"]}]}},
    {"name":"g","type":{"type":"Q"}}]})");
  const AvroType& root = made.types[0];
  EXPECT_EQ(root.name, "x.y.R");
  EXPECT_EQ(made.types[root.fields[0].type].name, "x.y.F");
  EXPECT_EQ(made.types[root.fields[0].type].size, 2U);
  EXPECT_EQ(root.fields[1].type, root.fields[0].type);
  EXPECT_EQ(root.fields[2].type, root.fields[0].type);
  EXPECT_EQ(made.types[root.fields[3].type].name, "z.E");
  EXPECT_EQ(made.types[root.fields[3].type].symbols, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(root.fields[4].type, root.fields[3].type);
  const AvroType& inner = made.types[root.fields[5].type];
  EXPECT_EQ(inner.name, "Q");
  EXPECT_EQ(made.types[inner.fields[0].type].branches[1], 0U) << "back to the root";
  EXPECT_EQ(root.fields[6].type, root.fields[5].type);
}

TEST(AvroSchema, ReferencesDefineTypesOneAfterTheOther) {
  const std::vector<std::string> references{
      R"({"type":"enum","name":"c.Colour","symbols":["RED"]})",
      R"({"type":"record","name":"Part","namespace":"c","fields":[{"name":"colour","type":"Colour"}]})"};
  const auto made = schema(R"({"type":"record","name":"Whole","fields":[
    {"name":"part","type":"c.Part"},{"name":"colour","type":"c.Colour"}]})",
                           references);
  const AvroType& root = made.types[0];
  EXPECT_EQ(root.name, "Whole");
  const AvroType& part = made.types[root.fields[0].type];
  EXPECT_EQ(part.name, "c.Part");
  EXPECT_EQ(part.fields[0].type, root.fields[1].type);
  EXPECT_EQ(made.types[root.fields[1].type].symbols, std::vector<std::string>{"RED"});
  EXPECT_EQ(schema(R"("c.Colour")", references).types[0].name, "c.Colour");
  EXPECT_EQ(schema(R"(["null","c.Part"])", references).types[0].kind, Kind::choice);
}

TEST(AvroSchema, LogicalTypesAreTakenWhereTheyFit) {
  struct Expected {
    std::string json;
    Logical logical;
  };
  const std::vector<Expected> all{
      {R"({"type":"int","logicalType":"date"})", Logical::date},
      {R"({"type":"int","logicalType":"time-millis"})", Logical::time_ms},
      {R"({"type":"long","logicalType":"time-micros"})", Logical::time_us},
      {R"({"type":"long","logicalType":"timestamp-millis"})", Logical::timestamp_ms},
      {R"({"type":"long","logicalType":"timestamp-micros"})", Logical::timestamp_us},
      {R"({"type":"long","logicalType":"timestamp-nanos"})", Logical::timestamp_ns},
      {R"({"type":"long","logicalType":"local-timestamp-millis"})", Logical::local_timestamp_ms},
      {R"({"type":"long","logicalType":"local-timestamp-micros"})", Logical::local_timestamp_us},
      {R"({"type":"long","logicalType":"local-timestamp-nanos"})", Logical::local_timestamp_ns},
      {R"({"type":{"type":"long"},"logicalType":"timestamp-micros"})", Logical::timestamp_us},
      {R"({"type":"string","logicalType":"uuid"})", Logical::uuid},
      {R"({"type":"fixed","name":"U","size":16,"logicalType":"uuid"})", Logical::uuid},
      {R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})", Logical::duration},
      {R"({"type":"bytes","logicalType":"big-decimal"})", Logical::big_decimal},
      {R"({"type":"bytes","logicalType":"decimal","precision":4})", Logical::decimal},
      {R"({"type":"bytes","logicalType":"decimal"})", Logical::decimal},
      {R"({"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4,"scale":4})", Logical::decimal},
      // What does not fit is passed over.
      {R"({"type":"int","logicalType":"timestamp-millis"})", Logical::none},
      {R"({"type":"long","logicalType":"date"})", Logical::none},
      {R"({"type":"bytes","logicalType":"uuid"})", Logical::none},
      {R"({"type":"fixed","name":"U","size":15,"logicalType":"uuid"})", Logical::none},
      {R"({"type":"fixed","name":"D","size":16,"logicalType":"duration"})", Logical::none},
      {R"({"type":"string","logicalType":"decimal","precision":4})", Logical::none},
      {R"({"type":"bytes","logicalType":"decimal","precision":2,"scale":4})", Logical::none},
      {R"({"type":"bytes","logicalType":"decimal","precision":0})", Logical::none},
      {R"({"type":"bytes","logicalType":"decimal","precision":"4"})", Logical::none},
      {R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":-1})", Logical::none},
      {R"({"type":"string","logicalType":"colour"})", Logical::none},
      {R"({"type":"string","logicalType":5})", Logical::none},
  };
  for (const Expected& each : all) EXPECT_EQ(schema(each.json).types[0].logical, each.logical) << each.json;
  const auto decimal = schema(R"({"type":"bytes","logicalType":"decimal","precision":10,"scale":2})");
  EXPECT_EQ(decimal.types[0].precision, 10);
  EXPECT_EQ(decimal.types[0].scale, 2);
}

TEST(AvroSchema, WhoRefersToATypeDoesNotChangeIt) {
  const auto made = schema(R"({"type":"record","name":"R","fields":[
    {"name":"F","type":{"type":"fixed","name":"F","size":16}},
    {"name":"b","type":{"type":"F","logicalType":"uuid"}}]})");
  EXPECT_EQ(made.types[made.types[0].fields[1].type].logical, Logical::none);
}

TEST(AvroSchema, NamesThatLibrariesWriteAreTaken) {
  const auto made = schema(R"({"type":"record","name":"a-b","fields":[
    {"name":"a.b","type":"int"},{"name":"a-b","type":"int"},{"name":"1a","type":"int"},{"name":"é","type":"int"},
    {"name":"u","type":["int","int",["null","string"]]},
    {"name":"none","type":[]},
    {"name":"empty","type":{"type":"fixed","name":"F0","size":0}}]})");
  EXPECT_EQ(made.types[0].fields.size(), 7U);
  EXPECT_EQ(made.types[0].fields[3].name, "é");
}

TEST(AvroSchema, AProblemSaysWhatAndWhere) {
  EXPECT_EQ(problem(R"({"type":"record","name":"R","namespace":"n","fields":[{"name":"x","type":"strng"}]})"),
            "in the schema, at n.R.x: the type \"strng\" is defined nowhere before");
  EXPECT_EQ(problem(R"({"type":"record","name":"R"})"), "in the schema, at R: a record without a list of \"fields\"");
  EXPECT_EQ(problem(R"({"type":"record","name":"R","fields":[{"type":"int"}]})"),
            "in the schema, at R: a field without \"name\"");
  EXPECT_EQ(problem(R"({"type":"record","name":"R","fields":[{"name":"f"}]})"),
            "in the schema, at R.f: the field has no \"type\"");
  EXPECT_EQ(problem(R"({"type":"record","fields":[]})"), "in the schema, a record, enum or fixed without \"name\"");
  EXPECT_EQ(problem(R"({"type":"array"})"), "in the schema, an array without \"items\"");
  EXPECT_EQ(problem(R"({"type":"map"})"), "in the schema, a map without \"values\"");
  EXPECT_EQ(problem(R"({"type":"enum","name":"E"})"), "in the schema, at E: an enum without a list of \"symbols\"");
  EXPECT_EQ(problem(R"({"type":"enum","name":"E","symbols":["A",1]})"),
            "in the schema, at E: a symbol of an enum that is no text: 1");
  EXPECT_EQ(problem(R"({"type":"fixed","name":"F","size":-1})"),
            "in the schema, at F: a fixed without a \"size\" from 0 to 2147483647");
  EXPECT_EQ(problem(R"(["null",5])"), "in the schema, a type is a name, an object or a list, not 5");
  EXPECT_EQ(problem(R"({"name":"x"})"), "in the schema, an object without \"type\" is no type");
  EXPECT_EQ(problem(R"(["null",{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}])"),
            "in the schema, at F: it is defined twice");
  EXPECT_EQ(problem(R"("a.B")", {R"({"type":"fixed","name":"a.C","size":1})"}),
            "in the schema, the type \"a.B\" is defined nowhere before");
  EXPECT_EQ(problem(R"("int")", {R"("a.B")"}), "in reference 1, the type \"a.B\" is defined nowhere before");
  EXPECT_TRUE(problem("{").starts_with("the schema is not valid JSON: ")) << problem("{");
  EXPECT_TRUE(problem("").starts_with("the schema is not valid JSON: ")) << problem("");
}

TEST(AvroSchema, TooMuchIsAProblem) {
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += R"({"type":"array","items":)";
  deep += "\"int\"" + std::string(2000, '}');
  EXPECT_TRUE(problem(deep).starts_with("the schema is not valid JSON: ")) << problem(deep);
  std::string wide = "[\"int\"";
  for (int i = 0; i < 100'000; ++i) wide += ",\"int\"";
  EXPECT_EQ(problem(wide + "]"), "in the schema, it has more than 100000 types");
  EXPECT_EQ(problem(std::string((std::size_t{10} << 20U) + 1, ' ')), "the schema is larger than 10 MB");
}

}  // namespace
}  // namespace loom::formats
