#include "encode/schema_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/schema_fit.h"
#include "mapping_fixture.h"
#include "schemas.h"

namespace loom::encode {
namespace {

using mapping::SchemaField;
using mapping::testing::avro;
using mapping::testing::FakeCatalog;
// NOLINTNEXTLINE(misc-unused-using-decls): it is used, a false alarm
using mapping::testing::json;
using mapping::testing::protobuf;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> problems(const std::string& lines, const FakeCatalog& catalog, const formats::Schema& schema) {
  const std::string yaml = topic_yaml(lines);
  const mapping::TopicSchema named{std::make_shared<formats::Schema>(schema), "", "r.avsc"};
  return mapping::testing::shown(
      check_schema(mapping::testing::topic_of(yaml), mapping::testing::compiled(yaml, catalog), named, "m.yml"));
}

constexpr const char* kRecord = R"({"type":"record","name":"R","fields":[
  {"name":"id","type":"long"},{"name":"user_name","type":["null","string"]},{"name":"at",
   "type":{"type":"long","logicalType":"timestamp-millis"}},
  {"name":"data","type":{"type":"record","name":"D","fields":[{"name":"word","type":"string"}]}},
  {"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[
    {"name":"sku","type":"string"},{"name":"count","type":"int"}]}}}]})";

TEST(SchemaCheckTest, WhatFitsIsSaidNothingOf) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8 !", "name text", "at timestamptz !", "word text !", "doc jsonb", "k text !", "n int8"});
  EXPECT_THAT(
      problems("field_mappings: {id: id, user_name: name, at: at, data.word: word, data: doc, $key: k, $offset: n}",
               catalog, avro(kRecord)),
      IsEmpty());
}

TEST(SchemaCheckTest, PathsThatTheSchemaHasNot) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8", "name text", "word text", "x text"});
  EXPECT_THAT(
      problems("field_mappings:\n"
               "  id: id\n"
               "  userName: name\n"
               "  data.wird: word\n"
               "  nothing.like: x",
               catalog, avro(kRecord)),
      ElementsAre("7 warning field_mappings.userName: `userName` is no field of r.avsc; did you mean `user_name`?",
                  "8 warning field_mappings.data.wird: `data.wird` is no field of r.avsc; did you mean "
                  "`data.word`?",
                  "9 warning field_mappings.nothing.like: `nothing.like` is no field of r.avsc"));
  EXPECT_THAT(problems("field_mappings: {old_id: id, id: id}", catalog, avro(kRecord)), IsEmpty())
      << "the other path is there";
  EXPECT_THAT(problems("field_mappings: {a: id, b: id}", catalog, avro(kRecord)),
              ElementsAre("5 warning field_mappings.a: none of `a`, `b` is a field of r.avsc"));
}

TEST(SchemaCheckTest, RequiredFieldsThatTheSchemaHasNotAreErrors) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8"});
  EXPECT_THAT(problems("field_mappings: {id: id}\nrequired_fields: [id, who]", catalog, avro(kRecord)),
              ElementsAre("6 error required_fields: r.avsc has no field for the required field `who` (sources: who): "
                          "each message of it becomes a dead letter"));
}

TEST(SchemaCheckTest, TypesThatCanNeverBecomeTheColumnsAreErrorsAndThoseThatMayAreWarnings) {
  FakeCatalog catalog;
  catalog.table("t", {"id int4", "name int8", "at boolean", "word timestamptz", "doc int8", "list text[]"});
  EXPECT_THAT(
      problems("field_mappings: {id: id, user_name: name, at: at, data.word: word, data: doc}", catalog, avro(kRecord)),
      ElementsAre(
          "5 warning field_mappings.id: `id` is a 64-bit integer in r.avsc, and it depends on the value whether "
          "it becomes column `id` of `t`, which is int4",
          "5 warning field_mappings.user_name: `user_name` is a text in r.avsc, and it depends on the value "
          "whether it becomes column `name` of `t`, which is int8",
          "5 error field_mappings.at: `at` is a timestamp in r.avsc, and can never become column `at` of `t`, "
          "which is boolean",
          "5 warning field_mappings.data.word: `data.word` is a text in r.avsc, and it depends on the value "
          "whether it becomes column `word` of `t`, which is timestamptz",
          "5 error field_mappings.data: `data` is a record in r.avsc, and can never become column `doc` of "
          "`t`, which is int8"));
}

TEST(SchemaCheckTest, ElementsOfAListAreLookedInto) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8 !"});
  catalog.table("t_items", {"id int8 !", "n int8 !", "sku uuid !", "c int4 !", "x text"});
  EXPECT_THAT(
      problems("field_mappings: {id: id}\n"
               "array_mappings:\n"
               "  items: {table: t_items, foreign_key_mapping: {id: id}, sequence_field: n,\n"
               "          element_mappings: {sku: sku, count: c, skuu: x}}",
               catalog, avro(kRecord)),
      ElementsAre("8 warning array_mappings.items.sku: `sku` is a text in r.avsc, and it depends on the value whether "
                  "it becomes column `sku` of `t_items`, which is uuid",
                  "8 warning array_mappings.items.skuu: `skuu` is no field of r.avsc; did you mean `items[0].sku`?"));
}

TEST(SchemaCheckTest, NullsForColumnsThatTakeNone) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8 !", "name text !", "other text ! =", "def text !"});
  EXPECT_THAT(problems("field_mappings: {id: id, user_name: other}", catalog, avro(kRecord)), IsEmpty());
  EXPECT_THAT(problems("field_mappings: {id: id, user_name: name}\ndefaults: {def: x}", catalog, avro(kRecord)),
              ElementsAre("5 warning field_mappings.user_name: `user_name` may be null, or missing, in r.avsc, and "
                          "column `name` of `t` is NOT NULL without default"));
  const auto message = protobuf(R"(syntax = "proto3"; message M { int64 id = 1; optional string user_name = 2; })");
  EXPECT_THAT(problems("field_mappings: {id: id, user_name: name}\ndefaults: {def: x}", catalog, message),
              ElementsAre("5 warning field_mappings.user_name: `user_name` may be null, or missing, in r.avsc, and "
                          "column `name` of `t` is NOT NULL without default"));
}

TEST(SchemaCheckTest, AMappingWithoutFieldsGoesByTheColumnsNames) {
  FakeCatalog catalog;
  catalog.table("t", {"id int8", "serial int8 ! =now()", "word text", "extra text !"});
  EXPECT_THAT(problems("description: x", catalog, avro(kRecord)),
              ElementsAre("4 warning table: `extra` is no field of r.avsc, and column `extra` of `t` is NOT NULL "
                          "without default"));
  catalog.table("t", {"a int8", "b text"});
  EXPECT_THAT(problems("description: x", catalog, avro(kRecord)),
              ElementsAre("4 warning table: no column of `t` is called as a field of r.avsc"));
}

TEST(SchemaCheckTest, EachKindInEachColumn) {
  using Kind = SchemaField::Kind;
  FakeCatalog catalog;
  catalog.table("t", {"t text", "b boolean", "i int8", "s int2", "d float8", "n numeric", "at timestamptz", "day date",
                      "tod time", "u uuid", "y bytea", "j jsonb", "l text[]"});
  const std::string yaml = topic_yaml(
      "field_mappings: {t: t, b: b, i: i, s: s, d: d, n: n, at: at, day: day, tod: tod, u: u, y: y, j: j, l: l}");
  const auto plan = mapping::testing::compiled(yaml, catalog);
  // In the order of the columns: + always, ? sometimes, - never
  const auto fits = [&](Kind kind, formats::Format format, int bits = 64) {
    SchemaField field;
    field.kind = kind;
    field.bits = bits;
    field.element = Kind::text;
    std::string all;
    for (const auto& column : plan.tables[0].columns) {
      const auto one = fit(column, field, format);
      all += !one ? ' ' : *one == Fit::always ? '+' : *one == Fit::sometimes ? '?' : '-';
    }
    return all;
  };
  SchemaField largest;
  largest.kind = Kind::integer;
  largest.is_signed = false;
  EXPECT_EQ(fit(mapping::testing::column(plan.tables[0], "i"), largest, formats::Format::protobuf), Fit::sometimes);
  EXPECT_EQ(fit(mapping::testing::column(plan.tables[0], "n"), largest, formats::Format::protobuf), Fit::always);
  const auto avro_format = formats::Format::avro;
  const auto json_format = formats::Format::json_schema;
  EXPECT_EQ(fits(Kind::boolean, avro_format), "++++-------++");
  EXPECT_EQ(fits(Kind::integer, avro_format), "+++?++++---++");
  EXPECT_EQ(fits(Kind::integer, avro_format, 16), "++++++++---++");
  EXPECT_EQ(fits(Kind::real, avro_format), "++++++++---++");
  EXPECT_EQ(fits(Kind::decimal, avro_format), "++++++++---++");
  EXPECT_EQ(fits(Kind::text, avro_format), "+?????????+++");
  EXPECT_EQ(fits(Kind::bytes, avro_format), "+--------?+++");
  EXPECT_EQ(fits(Kind::instant, avro_format), "+-+-+++++-+++");
  EXPECT_EQ(fits(Kind::date, avro_format), "+-++++++--+++");
  EXPECT_EQ(fits(Kind::time, avro_format), "+-+-++--+-+++");
  EXPECT_EQ(fits(Kind::uuid, avro_format), "+--------++++");
  EXPECT_EQ(fits(Kind::duration, avro_format), "+---------+++");
  EXPECT_EQ(fits(Kind::enumeration, avro_format), "+---------+++");
  EXPECT_EQ(fits(Kind::object, avro_format), "+----------++");
  EXPECT_EQ(fits(Kind::list, avro_format), "+----------++");
  EXPECT_EQ(fits(Kind::varied, avro_format), "             ") << "anything may come: nothing is said";
  EXPECT_EQ(fits(Kind::instant, json_format), "+-----+++-+++");
  EXPECT_EQ(fits(Kind::integer, json_format), "+++?++++---++");
}

}  // namespace
}  // namespace loom::encode
