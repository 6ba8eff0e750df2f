// Tables that are made from a schema: `create_table: from_schema`, `evolve: add`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/ddl.h"
#include "mapping_fixture.h"
#include "schemas.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

formats::Schema connect(const std::string& text) {
  auto parsed = formats::parse_connect_schema(text);
  EXPECT_TRUE(parsed);
  formats::Schema schema;
  schema.format = formats::Format::json;
  schema.connect = std::make_shared<const formats::ConnectSchema>(std::move(parsed).value());
  return schema;
}

std::string field(const std::string& name, const std::string& type, const std::string& more = "") {
  return R"({"field":")" + name + R"(","type":")" + type + R"(","optional":true)" + more + "}";
}
std::string logical(const std::string& name) { return R"(,"name":")" + name + R"(","version":1)"; }
std::string list_of(const std::string& items) { return R"(,"items":{"type":")" + items + R"(","optional":true})"; }

/// As Debezium has a row: https://debezium.io/documentation/reference/3.6/connectors/postgresql.html
std::string row_fields_text() {
  const std::vector<std::string> fields{R"({"field":"id","type":"int64","optional":false})",
                                        field("i2", "int16"),
                                        field("i4", "int32"),
                                        field("f4", "float"),
                                        field("f8", "double"),
                                        field("b", "boolean"),
                                        field("t", "string"),
                                        field("raw", "bytes"),
                                        field("n", "bytes",
                                              logical("org.apache.kafka.connect.data.Decimal") +
                                                  R"(,"parameters":{"scale":"2","connect.decimal.precision":"10"})"),
                                        field("n0", "struct", logical("io.debezium.data.VariableScaleDecimal")),
                                        field("d", "int32", logical("io.debezium.time.Date")),
                                        field("tm", "int64", logical("io.debezium.time.MicroTime")),
                                        field("ts", "int64", logical("io.debezium.time.MicroTimestamp")),
                                        field("tz", "string", logical("io.debezium.time.ZonedTimestamp")),
                                        field("iv", "string", logical("io.debezium.time.Interval")),
                                        field("u", "string", logical("io.debezium.data.Uuid")),
                                        field("j", "string", logical("io.debezium.data.Json")),
                                        field("e", "string", logical("io.debezium.data.Enum")),
                                        field("bits", "bytes", logical("io.debezium.data.Bits")),
                                        field("li", "array", list_of("int32")),
                                        field("lt", "array", list_of("string")),
                                        field("p", "struct", logical("io.debezium.data.geometry.Point"))};
  std::string all;
  for (const auto& one : fields) all += (all.empty() ? "" : ",") + one;
  return all;
}
std::string envelope(const std::string& fields) {
  const std::string row = R"({"type":"struct","optional":true,"fields":[)" + fields + "],";
  return R"({"type":"struct","optional":false,"name":"s.public.t.Envelope","fields":[)" + row +
         R"("field":"before"},)" + row + R"("field":"after"},{"type":"string","optional":false,"field":"op"}]})";
}

TopicSchemas of_topic(formats::Schema schema) {
  return {{"t", {std::make_shared<formats::Schema>(std::move(schema)), "", "the first schema in t", false}}};
}

std::string sql(const std::string& yaml, const TopicSchemas& known) {
  std::vector<Problem> problems;
  std::string all;
  for (const auto& one : table_definitions(loaded(yaml), problems, TablesOf::creating_topics, known)) {
    all += one.to_sql();
  }
  EXPECT_THAT(shown(problems), IsEmpty());
  return all;
}

constexpr const char* kFromSchema = "changes: debezium\nupsert_key: id\ncreate_table: from_schema\n";

TEST(FromSchemaTest, EachFieldOfTheRowHasItsOwnType) {
  EXPECT_EQ(sql(topic_yaml(kFromSchema), of_topic(connect(envelope(row_fields_text())))),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" BIGINT NOT NULL,
    "i2" SMALLINT,
    "i4" INTEGER,
    "f4" REAL,
    "f8" DOUBLE PRECISION,
    "b" BOOLEAN,
    "t" TEXT,
    "raw" BYTEA,
    "n" NUMERIC(10,2),
    "n0" NUMERIC,
    "d" DATE,
    "tm" TIME,
    "ts" TIMESTAMP,
    "tz" TIMESTAMPTZ,
    "iv" INTERVAL,
    "u" UUID,
    "j" JSONB,
    "e" TEXT,
    "bits" BIT VARYING,
    "li" INTEGER[],
    "lt" TEXT[],
    "p" JSONB,
    PRIMARY KEY ("id")
);
)");
}

TEST(FromSchemaTest, ARowAloneIsWithoutWhatTheTransformAdds) {
  const std::string row =
      R"({"type":"struct","optional":false,"fields":[{"field":"id","type":"int64","optional":false},)" +
      field("v", "int16") + "," + field("__deleted", "string") + "," + field("__op", "string") + "]}";
  const std::string made = sql(topic_yaml(kFromSchema), of_topic(connect(row)));
  EXPECT_THAT(made, HasSubstr(R"("v" SMALLINT)"));
  EXPECT_THAT(made, Not(HasSubstr("__")));
}

TEST(FromSchemaTest, WhatTheMappingSaysGoesFirst) {
  const std::string made = sql(topic_yaml(std::string(kFromSchema) +
                                          "data_types: {i2: decimal, ts: timestamp}\ndeletes: mark\ndeleted_at: gone"),
                               of_topic(connect(envelope(row_fields_text()))));
  EXPECT_THAT(made, HasSubstr(R"("i2" NUMERIC,)"));
  EXPECT_THAT(made, HasSubstr(R"("ts" TIMESTAMPTZ,)"));
  EXPECT_THAT(made, HasSubstr(R"("gone" TIMESTAMPTZ,)"));
}

TEST(FromSchemaTest, FieldMappingsChooseAndTheSchemaGivesTheTypes) {
  EXPECT_EQ(sql(topic_yaml(std::string(kFromSchema) + "field_mappings: {id: id, ts: at, $op: op, $source.lsn: lsn}"),
                of_topic(connect(envelope(row_fields_text())))),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" BIGINT NOT NULL,
    "at" TIMESTAMP,
    "op" TEXT,
    "lsn" BIGINT,
    PRIMARY KEY ("id")
);
)");
}

TEST(FromSchemaTest, AvroOfAPlainTopicHasItsOwnTypesToo) {
  const std::string made =
      sql(topic_yaml("format: avro\nupsert_key: id\ncreate_table: from_schema"),
          of_topic(avro(R"({"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"f","type":"float"},
            {"name":"at","type":["null",{"type":"long","logicalType":"local-timestamp-micros"}]}]})")));
  EXPECT_EQ(made, R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" INTEGER NOT NULL,
    "f" REAL,
    "at" TIMESTAMP,
    PRIMARY KEY ("id")
);
)");
}

TEST(FromSchemaTest, AvroOfKafkaConnectHasTheTypesThatItNames) {
  const std::string made = sql(topic_yaml("format: avro\nupsert_key: u\ncreate_table: from_schema"),
                               of_topic(avro(R"({"type":"record","name":"R","fields":[
        {"name":"u","type":{"type":"string","connect.name":"io.debezium.data.Uuid"}},
        {"name":"tz","type":["null",{"type":"string","connect.name":"io.debezium.time.ZonedTimestamp"}]},
        {"name":"j","type":["null",{"type":"string","connect.name":"io.debezium.data.Json"}]},
        {"name":"i","type":["null",{"type":"int","connect.type":"int16"}]},
        {"name":"b","type":["null",{"type":"bytes","connect.name":"io.debezium.data.Bits"}]},
        {"name":"l","type":{"type":"array","items":["null","int"]}},
        {"name":"xmin","type":"long"}]})")));
  EXPECT_EQ(made, R"(CREATE TABLE IF NOT EXISTS "t" (
    "u" UUID NOT NULL,
    "tz" TIMESTAMPTZ,
    "j" JSONB,
    "i" SMALLINT,
    "b" BYTEA,
    "l" INTEGER[],
    PRIMARY KEY ("u")
);
)");
}

TEST(FromSchemaTest, ListsInProtobufHoldTheirIntegers) {
  const std::string made =
      sql(topic_yaml("format: protobuf\nupsert_key: id\ncreate_table: from_schema"),
          of_topic(
              protobuf("syntax = \"proto3\"; message M { int32 id = 1; repeated uint64 big = 2; repeated int32 small = "
                       "3; repeated uint32 middle = 4; }")));
  EXPECT_THAT(made, HasSubstr(R"("big" NUMERIC[])"));
  EXPECT_THAT(made, HasSubstr(R"("small" INTEGER[])"));
  EXPECT_THAT(made, HasSubstr(R"("middle" BIGINT[])"));
}

TEST(FromSchemaTest, WithoutASchemaOnlyWhatTheMappingNamesIsKnown) {
  EXPECT_EQ(sql(topic_yaml(std::string(kFromSchema) + "data_types: {n: decimal}"), {}),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" TEXT COLLATE "C" NOT NULL,
    "n" NUMERIC,
    PRIMARY KEY ("id")
);
)");
}

TEST(FromSchemaTest, WhatHasNoSchemaIsRefused) {
  const auto refused = [](const std::string& yaml) { return problems_of(topic_yaml(yaml)); };
  EXPECT_THAT(refused("create_table: from_schema"), ElementsAre(HasSubstr("needs messages that come with a schema")));
  EXPECT_THAT(refused("evolve: add"), ElementsAre(HasSubstr("needs messages that come with a schema")));
  EXPECT_THAT(refused("format: json_schema\nevolve: add"), ElementsAre(HasSubstr("read without their schemas")));
  EXPECT_THAT(refused("format: avro\nevolve: add\nfield_mappings: {a: a}"),
              ElementsAre(HasSubstr("without field_mappings")));
  EXPECT_THAT(refused("format: avro\nevolve: maybe"), ElementsAre(HasSubstr("accepted: add, off")));
  EXPECT_THAT(refused("format: avro\nevolve: add\ncreate_table: from_schema"), IsEmpty());
  EXPECT_THAT(refused("format: avro\nevolve: off"), IsEmpty());
}

TEST(FromSchemaTest, APlanThatEvolvesKnowsItsColumns) {
  const auto catalog = FakeCatalog().table("t", {"id int8 !", "v text", "made int8 generated"}, {{"id"}});
  const auto plan = compiled(topic_yaml("format: avro\nevolve: add\nupsert_key: id"), catalog);
  ASSERT_TRUE(plan.known_fields);
  EXPECT_THAT(*plan.known_fields, ElementsAre("id", "made", "v"));
  EXPECT_FALSE(compiled(topic_yaml("format: avro\nupsert_key: id"), catalog).known_fields);
}

}  // namespace
}  // namespace loom::mapping::testing
