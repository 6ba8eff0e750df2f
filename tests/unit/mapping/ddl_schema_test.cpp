#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/ddl.h"
#include "mapping_fixture.h"
#include "schemas.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kRecord = R"({"type":"record","name":"R","fields":[
  {"name":"id","type":{"type":"string","logicalType":"uuid"}},{"name":"n","type":"long"},
  {"name":"who","type":["null","string"]},
  {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
  {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
  {"name":"pos","type":{"type":"record","name":"P","fields":[{"name":"lat","type":"double"}]}},
  {"name":"tags","type":{"type":"array","items":"string"}},
  {"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[
    {"name":"sku","type":"string"},{"name":"count","type":"int"}]}}}]})";

TopicSchemas schemas(const std::string& text = kRecord, bool is_only = true) {
  return {{"t", {std::make_shared<formats::Schema>(avro(text)), "", "version 1 of t-value", is_only}}};
}

std::string sql_by(const std::string& yaml, const TopicSchemas& known, std::vector<Problem>& problems) {
  std::string all;
  for (const auto& one : table_definitions(loaded(yaml), problems, TablesOf::creating_topics, known))
    all += one.to_sql();
  return all;
}

std::string sql_by(const std::string& yaml, const TopicSchemas& known) {
  std::vector<Problem> problems;
  auto sql = sql_by(yaml, known, problems);
  EXPECT_THAT(shown(problems), IsEmpty());
  return sql;
}

constexpr const char* kMapped =
    "format: avro\n"
    "field_mappings: {id: id, n: n, who: who, price: price, at: at, pos.lat: lat, pos: pos, tags: tags}\n";

TEST(DdlSchemaTest, TypesAndNullsComeFromTheSchema) {
  EXPECT_EQ(sql_by(topic_yaml(std::string(kMapped) + "upsert_key: id"), schemas()),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" UUID NOT NULL,
    "n" BIGINT NOT NULL,
    "who" TEXT,
    "price" NUMERIC(12,2) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "lat" DOUBLE PRECISION NOT NULL,
    "pos" JSONB NOT NULL,
    "tags" TEXT[] NOT NULL,
    PRIMARY KEY ("id")
);
)");
}

TEST(DdlSchemaTest, TheMappingsOwnTypesGoFirst) {
  EXPECT_EQ(sql_by(topic_yaml("format: avro\nfield_mappings: {id: id, n: n, pos: pos, at: at}\n"
                              "data_types: {id: string, n: decimal, pos: string}\ntransforms: {pos: json_stringify}"),
                   schemas()),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" TEXT NOT NULL,
    "n" NUMERIC NOT NULL,
    "pos" TEXT,
    "at" TIMESTAMPTZ NOT NULL
);
)");
}

TEST(DdlSchemaTest, WhereMessagesOfOtherSchemasMayBeNothingIsNotNull) {
  const std::string yaml = topic_yaml("format: avro\nfield_mappings: {n: n}");
  const std::string nullable = "CREATE TABLE IF NOT EXISTS \"t\" (\n    \"n\" BIGINT\n);\n";
  EXPECT_EQ(sql_by(yaml, schemas(kRecord, false)), nullable);
  EXPECT_EQ(sql_by(topic_yaml("format: avro\nfield_mappings: {n: n}\nabsent_values: [0]"), schemas()), nullable);
}

TEST(DdlSchemaTest, AColumnOfSeveralSourcesIsWhatTheyHaveInCommon) {
  EXPECT_EQ(sql_by(topic_yaml("format: avro\nfield_mappings: {old.n: n, n: n, pos.lat: m, price: m, who: w, id: w}"),
                   schemas()),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "n" BIGINT NOT NULL,
    "m" NUMERIC NOT NULL,
    "w" JSONB NOT NULL
);
)");
}

TEST(DdlSchemaTest, WhatTheSchemaDoesNotHaveStaysTextAndIsWarnedOf) {
  std::vector<Problem> problems;
  EXPECT_EQ(sql_by(topic_yaml("format: avro\nfield_mappings: {n: n, x: x, $key: k}"), schemas(), problems),
            "CREATE TABLE IF NOT EXISTS \"t\" (\n    \"n\" BIGINT NOT NULL,\n    \"x\" TEXT,\n    \"k\" TEXT\n);\n");
  EXPECT_THAT(shown(problems),
              ElementsAre("6 warning field_mappings: columns without a type in data_types become TEXT: x, k"));
}

TEST(DdlSchemaTest, ElementsOfListsHaveTheirTypesToo) {
  EXPECT_EQ(sql_by(topic_yaml("format: avro\nfield_mappings: {id: id}\nupsert_key: id\n"
                              "array_mappings:\n"
                              "  items: {table: t_items, foreign_key_mapping: {parent: id}, sequence_field: i,\n"
                              "          element_mappings: {sku: sku, count: count}}\n"
                              "  tags: {table: t_tags, foreign_key_mapping: {parent: id}, sequence_field: i,\n"
                              "         element_mappings: {value: tag}}"),
                   schemas()),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" UUID NOT NULL,
    PRIMARY KEY ("id")
);
CREATE TABLE IF NOT EXISTS "t_items" (
    "parent" UUID NOT NULL,
    "sku" TEXT,
    "count" BIGINT,
    "i" BIGINT NOT NULL,
    PRIMARY KEY ("parent", "i")
);
CREATE TABLE IF NOT EXISTS "t_tags" (
    "parent" UUID NOT NULL,
    "tag" TEXT,
    "i" BIGINT NOT NULL,
    PRIMARY KEY ("parent", "i")
);
)");
}

TEST(DdlSchemaTest, AMappingWithoutFieldsGetsTheSchemas) {
  EXPECT_EQ(
      sql_by(topic_yaml("format: avro"), schemas(R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},
                              {"name":"b.c","type":["null","double"]}]})")),
      "CREATE TABLE IF NOT EXISTS \"t\" (\n    \"a\" BIGINT NOT NULL,\n    \"b.c\" DOUBLE PRECISION\n);\n");
}

TEST(DdlSchemaTest, TopicsThatShareATable) {
  const std::string yaml =
      "schema_version: v1\n"
      "topics:\n"
      "  t: {table: t, format: avro, field_mappings: {n: n, at: at}}\n"
      "  u: {table: t, format: avro, field_mappings: {n: n, at: at}, data_types: {n: decimal}}\n";
  TopicSchemas known = schemas();
  known["u"] = known["t"];
  EXPECT_EQ(sql_by(yaml, known),
            "CREATE TABLE IF NOT EXISTS \"t\" (\n    \"n\" NUMERIC,\n    \"at\" TIMESTAMPTZ\n);\n");
  known["u"] = {std::make_shared<formats::Schema>(
                    avro(R"({"type":"record","name":"R","fields":[{"name":"at","type":"string"}]})")),
                "", "version 1 of u-value", true};
  std::vector<Problem> problems;
  sql_by(yaml, known, problems);
  EXPECT_THAT(shown(problems),
              ElementsAre("4 error data_types.at: column `at` of `t` is string here and timestamp in topic \"t\", as "
                          "their schemas have it; a type in data_types goes before these"));
}

TEST(DdlSchemaTest, TheMappingsOwnSchemaFile) {
  auto file = loaded(topic_yaml("field_mappings: {n: n}"));
  file.topics[0].value_format = {.format = formats::Format::avro,
                                 .file = "r.avsc",
                                 .message = "",
                                 .schema = std::make_shared<formats::Schema>(avro(kRecord))};
  std::vector<Problem> problems;
  EXPECT_EQ(table_definitions(file, problems).at(0).to_sql(),
            "CREATE TABLE IF NOT EXISTS \"t\" (\n    \"n\" BIGINT NOT NULL\n);\n");
}

}  // namespace
}  // namespace loom::mapping::testing
