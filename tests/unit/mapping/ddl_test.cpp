#include "mapping/ddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The tables of a file that is right; warnings of columns without a type are not what these tests are about.
std::vector<TableDefinition> defined(const std::string& yaml, TablesOf which = TablesOf::creating_topics) {
  std::vector<Problem> problems;
  auto definitions = table_definitions(loaded(yaml), problems, which);
  EXPECT_FALSE(has_errors(problems));
  return definitions;
}

std::vector<std::string> warnings(const std::string& yaml, TablesOf which = TablesOf::creating_topics) {
  std::vector<Problem> problems;
  table_definitions(loaded(yaml), problems, which);
  return shown(problems);
}

std::string sql(const std::string& yaml) {
  std::string all;
  for (const auto& definition : defined(yaml)) all += definition.to_sql();
  return all;
}

TEST(DdlTest, EveryTypeHasItsColumn) {
  EXPECT_EQ(sql(topic_yaml(
                "field_mappings: {a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h, i: i, j: j, k: k, l: l, m: m}\n"
                "data_types: {b: string, c: integer, d: float, e: boolean, f: timestamp, g: array, h: float_array,\n"
                "             i: json, j: bytes}\n"
                "transforms: {k: base64_decode, l: timestamp_parse, m: json_stringify}")),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "a" TEXT,
    "b" TEXT,
    "c" BIGINT,
    "d" DOUBLE PRECISION,
    "e" BOOLEAN,
    "f" TIMESTAMPTZ,
    "g" TEXT[],
    "h" REAL[],
    "i" JSONB,
    "j" BYTEA,
    "k" BYTEA,
    "l" TIMESTAMPTZ,
    "m" TEXT
);
)");
}

TEST(DdlTest, TypesThatAreCalledAsTheirColumnsOrByTheirUnit) {
  EXPECT_EQ(sql(topic_yaml("field_mappings: {a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h, i: i, j: j, k: k, l: l,\n"
                           "                 m: m, n: n, o: o, p: p, q: q, r: r}\n"
                           "data_types: {a: timestamp_s, b: timestamp_ms, c: timestamp_us, d: timestamp_ns,\n"
                           "             e: date, f: date_days, g: time, h: time_ms, i: time_us, j: time_ns,\n"
                           "             k: interval, l: interval_us, m: decimal, n: \"decimal(12,2)\",\n"
                           "             o: decimal(5), p: decimal_base64(4), q: uuid, r: inet}\n")),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "a" TIMESTAMPTZ,
    "b" TIMESTAMPTZ,
    "c" TIMESTAMPTZ,
    "d" TIMESTAMPTZ,
    "e" DATE,
    "f" DATE,
    "g" TIME,
    "h" TIME,
    "i" TIME,
    "j" TIME,
    "k" INTERVAL,
    "l" INTERVAL,
    "m" NUMERIC,
    "n" NUMERIC(12,2),
    "o" NUMERIC(5,0),
    "p" NUMERIC,
    "q" UUID,
    "r" INET
);
)");
}

TEST(DdlTest, TheDefinedColumnsOfThoseTypesAreAsTheDatabaseReportsThem) {
  const DefinedCatalog catalog(defined(
      topic_yaml("field_mappings: {n: n, o: o, g: g, k: k, q: q, r: r, e: e}\n"
                 "data_types: {n: \"decimal(3,-2)\", o: decimal, g: time, k: interval, q: uuid, r: inet, e: date}")));
  const TableInfo* table = catalog.find({"", "t"});
  ASSERT_NE(table, nullptr);
  const auto is = [table](const char* name, ColumnType type, std::uint32_t oid, const char* type_name) {
    const ColumnInfo& column = *table->find(name);
    EXPECT_EQ(column.type, type) << name;
    EXPECT_EQ(column.type_oid, oid) << name;
    EXPECT_EQ(column.type_name, type_name) << name;
  };
  is("n", ColumnType::numeric, 1700, "numeric(3,-2)");
  is("o", ColumnType::numeric, 1700, "numeric");
  is("g", ColumnType::time, 1083, "time without time zone");
  is("k", ColumnType::other, 1186, "interval");
  is("q", ColumnType::uuid, 2950, "uuid");
  is("r", ColumnType::inet, 869, "inet");
  is("e", ColumnType::date, 1082, "date");
  EXPECT_EQ(table->find("n")->type_modifier, ((3 << 16) | 2046) + 4);
  EXPECT_EQ(table->find("o")->type_modifier, -1);
}

TEST(DdlTest, ColumnsWithoutATypeAreOneWarningPerTopic) {
  EXPECT_THAT(warnings(topic_yaml("field_mappings: {a: a, b: b, c: [c, d]}\ndata_types: {c: string}")),
              ElementsAre("6 warning data_types: columns without a type in data_types become TEXT: a, b, d"));
  EXPECT_THAT(warnings(topic_yaml("field_mappings: {a: a}\ntransforms: {a: base64_decode}")), IsEmpty());
  EXPECT_THAT(warnings(topic_yaml("field_mappings: {a: a}\ndata_types: {a: string}\ndefaults: {origin: phone}")),
              ElementsAre("6 warning data_types: columns without a type in data_types become TEXT: origin"));
  // The envelope's columns have types, an index is an integer, and what create-tables does not make is none of its.
  EXPECT_THAT(warnings(topic_yaml("description: minimal")), IsEmpty());
  EXPECT_THAT(warnings(topic_yaml("create_table: false\nfield_mappings: {a: a}"), TablesOf::all_topics), IsEmpty());
  EXPECT_THAT(warnings(topic_yaml("field_mappings: {id: id}\narray_mappings:\n  words: {table: child, "
                                  "foreign_key_mapping: {parent: id}, element_mappings: {w: w}, sequence_field: n}")),
              ElementsAre("5 warning field_mappings: columns without a type in data_types become TEXT: id, w"));
}

TEST(DdlTest, ATypeThatAnotherTopicOfTheTableGivesIsEnough) {
  EXPECT_THAT(warnings(R"(schema_version: v1
topics:
  one: {table: t, field_mappings: {x: x}}
  two: {table: t, field_mappings: {x: x}, data_types: {x: string}}
  three: {table: other, field_mappings: {x: x}}
)"),
              ElementsAre("5 warning field_mappings: columns without a type in data_types become TEXT: x"));
}

TEST(DdlTest, UnitsOfOneTypeMayShareAColumn) {
  EXPECT_THAT(warnings(R"(schema_version: v1
topics:
  one: {table: t, field_mappings: {x: x}, data_types: {x: timestamp_ms}}
  two: {table: t, field_mappings: {x: x}, data_types: {x: timestamp}}
)"),
              IsEmpty());
  EXPECT_THAT(warnings(R"(schema_version: v1
topics:
  one: {table: t, field_mappings: {x: x}, data_types: {x: 'decimal(12,2)'}}
  two: {table: t, field_mappings: {x: x}, data_types: {x: 'decimal(10,2)'}}
)"),
              ElementsAre("4 error data_types.x: column `x` of `t` is decimal(10,2) here and decimal(12,2) in topic "
                          "\"one\""));
}

TEST(DdlTest, TheKeyIsThePrimaryKeyAndItsTextSortsByBytes) {
  EXPECT_EQ(sql(R"(schema_version: v1
defaults: {upsert_key: [device_id, timestamp]}
topics:
  t:
    table: loom.events
    field_mappings: {device_id: device_id, timestamp: timestamp, "a\"b": "a\"b"}
    data_types: {timestamp: timestamp}
)"),
            R"(CREATE SCHEMA IF NOT EXISTS "loom";
CREATE TABLE IF NOT EXISTS "loom"."events" (
    "device_id" TEXT COLLATE "C" NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    "a""b" TEXT,
    PRIMARY KEY ("device_id", "timestamp")
);
)");
}

TEST(DdlTest, AnInheritedKeyCountsOnlyWhereAllItsColumnsAreMapped) {
  const auto definitions = defined(R"(schema_version: v1
defaults: {upsert_key: [device_id, timestamp]}
topics:
  t: {table: t, field_mappings: {device_id: device_id}}
)");
  EXPECT_THAT(definitions.at(0).table.unique_indexes, IsEmpty());
}

TEST(DdlTest, AMinimalMappingGetsTheEnvelope) {
  EXPECT_EQ(sql("schema_version: v1\ndefaults: {upsert_key: [device_id, timestamp]}\ntopics:\n  t: {table: t}\n"),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "trace_id" TEXT,
    "device_id" TEXT COLLATE "C" NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    "schema_version" TEXT,
    "data" JSONB,
    "metadata" JSONB,
    PRIMARY KEY ("device_id", "timestamp")
);
)");
}

TEST(DdlTest, AnExplodedTableHasItsSequenceInTheKey) {
  EXPECT_EQ(sql(topic_yaml("field_mappings: {id: id}\n"
                           "upsert_key: id\n"
                           "data_types: {start: float}\n"
                           "array_mappings:\n"
                           "  words:\n"
                           "    element_mappings: {word: word, start: start}\n"
                           "    sequence_field: n")),
            R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" TEXT COLLATE "C" NOT NULL,
    "word" TEXT,
    "start" DOUBLE PRECISION,
    "n" BIGINT NOT NULL DEFAULT -1,
    PRIMARY KEY ("id", "n")
);
)");
}

TEST(DdlTest, AChildTableHasTheParentsTypesAndAKeyWhereItsRowsAreNumbered) {
  const std::string topic =
      "field_mappings: {id: id, at: at}\n"
      "data_types: {at: timestamp, uses: integer}\n"
      "upsert_key: id\n"
      "array_mappings:\n"
      "  apps:\n"
      "    table: child\n"
      "    foreign_key_mapping: {parent_id: id, parent_at: at}\n"
      "    element_mappings: {name: name, uses: uses}\n";
  EXPECT_EQ(defined(topic_yaml(topic)).at(1).to_sql(),
            R"(CREATE TABLE IF NOT EXISTS "child" (
    "parent_id" TEXT,
    "parent_at" TIMESTAMPTZ,
    "name" TEXT,
    "uses" BIGINT
);
)");
  EXPECT_EQ(defined(topic_yaml(topic + "    sequence_field: n\n")).at(1).to_sql(),
            R"(CREATE TABLE IF NOT EXISTS "child" (
    "parent_id" TEXT COLLATE "C" NOT NULL,
    "parent_at" TIMESTAMPTZ NOT NULL,
    "name" TEXT,
    "uses" BIGINT,
    "n" BIGINT NOT NULL,
    PRIMARY KEY ("parent_id", "parent_at", "n")
);
)");
}

TEST(DdlTest, TopicsThatShareATableHaveTheirColumnsJoined) {
  const auto definitions = defined(R"(schema_version: v1
topics:
  one: {table: t, upsert_key: id, field_mappings: {id: id, x: x, y: y}, data_types: {x: integer}}
  two: {table: t, upsert_key: id, field_mappings: {id: id, x: x, y: y, z: z}, data_types: {y: float}}
  three: {table: t, upsert_key: z, field_mappings: {z: z}}
)");
  ASSERT_THAT(definitions, SizeIs(1));
  EXPECT_THAT(definitions[0].source_topics, ElementsAre("one", "two", "three"));
  EXPECT_EQ(definitions[0].to_sql(), R"(CREATE TABLE IF NOT EXISTS "t" (
    "id" TEXT COLLATE "C" NOT NULL,
    "x" BIGINT,
    "y" DOUBLE PRECISION,
    "z" TEXT COLLATE "C",
    PRIMARY KEY ("id"),
    UNIQUE ("z")
);
)");
}

TEST(DdlTest, OneColumnWithTwoTypesIsAnErrorThatNamesBothTopics) {
  std::vector<Problem> problems;
  table_definitions(loaded(R"(schema_version: v1
topics:
  one: {table: t, field_mappings: {x: x}, data_types: {x: integer}}
  two:
    table: t
    field_mappings: {x: x}
    data_types:
      x: float
)"),
                    problems);
  EXPECT_THAT(shown(problems),
              ElementsAre("7 error data_types.x: column `x` of `t` is float here and integer in topic \"one\""));
}

TEST(DdlTest, TablesMadeElsewhereAreLeftOutUnlessAskedFor) {
  const std::string yaml =
      "schema_version: v1\ntopics:\n  a: {table: a}\n  b: {table: b, create_table: false}\n  c: {table: c, "
      "create_table: true}\n";
  EXPECT_THAT(defined(yaml), SizeIs(2));
  EXPECT_THAT(defined(yaml, TablesOf::all_topics), SizeIs(3));
}

TEST(DdlTest, TheDefinedCatalogLooksLikeTheDatabaseWould) {
  const DefinedCatalog catalog(
      defined(topic_yaml("field_mappings: {id: id, at: at, v: v, d: d}\nupsert_key: id\n"
                         "data_types: {at: timestamp, v: float_array, d: json}")));
  EXPECT_EQ(catalog.find({"", "other"}), nullptr);
  const TableInfo* table = catalog.find({"", "t"});
  ASSERT_NE(table, nullptr);
  const auto& id = *table->find("id");
  EXPECT_EQ(id.type_oid, 25U);
  EXPECT_TRUE(id.not_null);
  const auto& at = *table->find("at");
  EXPECT_EQ(at.type_oid, 1184U);
  EXPECT_EQ(at.type_name, "timestamp with time zone");
  const auto& v = *table->find("v");
  EXPECT_TRUE(v.is_array);
  EXPECT_EQ(v.type, ColumnType::float4);
  EXPECT_EQ(v.type_oid, 1021U);
  EXPECT_EQ(v.element_oid, 700U);
  EXPECT_EQ(table->find("d")->type_oid, 3802U);
  ASSERT_THAT(table->unique_indexes, SizeIs(1));
  EXPECT_EQ(table->unique_indexes[0].name, "t_pkey");
  EXPECT_TRUE(table->unique_indexes[0].primary);
}

TEST(DdlTest, WhatIsDefinedForAMappingIsWhatItCompilesAgainst) {
  const std::string yaml = topic_yaml(
      "field_mappings: {id: id}\nupsert_key: id\ndefaults: {origin: phone}\n"
      "array_mappings:\n"
      "  words: {element_mappings: {value: word}, sequence_field: n}\n"
      "  apps: {table: child, foreign_key_mapping: {id: id}, element_mappings: {a: a}, sequence_field: n}");
  const DefinedCatalog catalog(defined(yaml));
  const auto plan = compiled(yaml, catalog);
  EXPECT_THAT(compile_problems(yaml, catalog), IsEmpty());
  EXPECT_THAT(key(plan.tables[0]), ElementsAre("id", "n"));
  EXPECT_THAT(key(plan.tables[1]), ElementsAre("id", "n"));
  EXPECT_EQ(column(plan.tables[0], "n").info.default_binary, std::string(8, '\xff'));
}

}  // namespace
}  // namespace loom::mapping::testing
