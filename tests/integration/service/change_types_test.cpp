// Each type that Debezium writes, with a schema and without: stored, it is what the source has.
#include <fmt/format.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

/// What Debezium 3.6.1 writes of a row of PostgreSQL 15 in its default modes, as seen there.
struct Typed {
  const char* column;  ///< with its type
  const char* schema;  ///< of the field, a JSON object's inside
  const char* value;
  const char* source;  ///< the value as SQL has it
};

constexpr Typed kTyped[] = {
    {"n102 numeric(10,2)",
     R"("type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"})", R"("BM4=")",
     "12.30"},
    {"n numeric", R"("type":"struct","name":"io.debezium.data.VariableScaleDecimal")",
     R"({"scale":7,"value":"B1vNFQ=="})", "12.3456789"},
    {"tstz timestamptz", R"("type":"string","name":"io.debezium.time.ZonedTimestamp")",
     R"("2026-01-02T01:04:05.123456Z")", "'2026-01-02 01:04:05.123456+00'"},
    {"ts3 timestamp(3)", R"("type":"int64","name":"io.debezium.time.Timestamp")", "1767323045123",
     "'2026-01-02 03:04:05.123'"},
    {"ts6 timestamp", R"("type":"int64","name":"io.debezium.time.MicroTimestamp")", "1767323045123456",
     "'2026-01-02 03:04:05.123456'"},
    {"ts9 timestamp", R"("type":"int64","name":"io.debezium.time.MicroTimestamp")", "9223372036825200000",
     "'infinity'"},
    {"d date", R"("type":"int32","name":"io.debezium.time.Date")", "20455", "'2026-01-02'"},
    {"d9 date", R"("type":"int32","name":"io.debezium.time.Date")", "-622191234", "'infinity'"},
    {"t time", R"("type":"int64","name":"io.debezium.time.MicroTime")", "11045123456", "'03:04:05.123456'"},
    {"iv interval", R"("type":"int64","name":"io.debezium.time.MicroDuration")", "93784000000", "'26:03:04'"},
    {"u uuid", R"("type":"string","name":"io.debezium.data.Uuid")", R"("123e4567-e89b-12d3-a456-426614174000")",
     "'123e4567-e89b-12d3-a456-426614174000'"},
    {"ip inet", R"("type":"string")", R"("10.0.0.1/8")", "'10.0.0.1/8'"},
    {"h hstore", R"("type":"string","name":"io.debezium.data.Json")", R"("{\"a\":\"1\",\"b\":null}")",
     "'a=>1, b=>NULL'"},
    {"by bytea", R"("type":"bytes")", R"("AP8Q")", R"('\x00ff10')"},
    {"b3 bit(3)", R"("type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"3"})", R"("BQ==")",
     "B'101'"},
    {"b1 bit(1)", R"("type":"boolean")", "true", "B'1'"},
    {"bo boolean", R"("type":"boolean")", "true", "true"},
    {"en mood", R"("type":"string","name":"io.debezium.data.Enum","parameters":{"allowed":"ok,no"})", R"("ok")",
     "'ok'"},
    {"ir int4range", R"("type":"string")", "\"[1,5)\"", "'[1,5)'"},
    {"js json", R"("type":"string","name":"io.debezium.data.Json")", R"("{\"a\": 1.0, \"b\": 1}")",
     R"('{"a": 1.0, "b": 1}')"},
    {"j jsonb", R"("type":"string","name":"io.debezium.data.Json")", R"("{\"b\":1, \"a\":1.0}")",
     R"('{"b":1, "a":1.0}')"},
    {"ta text[]", R"("type":"array","items":{"type":"string","optional":true})", R"(["a",null,"c"])",
     "ARRAY['a', NULL, 'c']"},
    {"ia int[]", R"("type":"array","items":{"type":"int32","optional":true})", "[1,2]", "ARRAY[1, 2]"},
    {"na numeric[]",
     R"("type":"array","items":{"type":"struct","name":"io.debezium.data.VariableScaleDecimal","optional":true})",
     R"([{"scale":1,"value":"Cw=="},{"scale":0,"value":"Ag=="}])", "ARRAY[1.1, 2]"},
    {"f8 float8", R"("type":"double")", R"("NaN")", "'NaN'"},
    {"f4 real", R"("type":"float")", "0.1", "0.1"},
    {"big bigint", R"("type":"int64")", "9007199254740993", "9007199254740993"},
    {"small smallint", R"("type":"int16")", "-32768", "-32768"},
    {"ch char(5)", R"("type":"string")", R"("a    ")", "'a'"},
    {"tz timetz", R"("type":"string","name":"io.debezium.time.ZonedTime")", R"("01:04:05Z")", "'01:04:05+00'"},
    {"x xml", R"("type":"string","name":"io.debezium.data.Xml")", R"("<a/>")", "'<a/>'"},
    {"ci cidr", R"("type":"string")", R"("10.0.0.0/8")", "'10.0.0.0/8'"},
    {"mac macaddr", R"("type":"string")", R"("08:00:2b:01:02:03")", "'08:00:2b:01:02:03'"},
    {"pt point", R"("type":"struct","name":"io.debezium.data.geometry.Point")",
     R"({"x":1.0,"y":2.0,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null})", "'(1,2)'"},
};

std::string name_of(const Typed& typed) {
  const std::string column = typed.column;
  return column.substr(0, column.find(' '));
}

std::string event(int id, bool with_values, bool with_schema) {
  std::string fields;
  std::string values;
  for (const Typed& typed : kTyped) {
    fields += ",{" + std::string(typed.schema) + R"(,"optional":true,"field":")" + name_of(typed) + "\"}";
    values += ",\"" + name_of(typed) + "\":" + (with_values ? typed.value : "null");
  }
  const std::string after = "{\"id\":" + std::to_string(id) + values + "}";
  std::string body = "{\"before\":null,\"after\":" + after + R"(,"source":{},"op":"c","ts_ms":1700000000000})";
  if (!with_schema) return body;
  return R"({"schema":{"type":"struct","fields":[{"type":"struct","optional":true,"fields":[{"type":"int32","field":"id"})" +
         fields + R"(],"field":"after"},{"type":"string","field":"op"}]},"payload":)" + body + "}";
}

using ChangeTypesTest = ServiceTest;

TEST_F(ChangeTypesTest, EachIsStoredAsTheSourceHasIt) {
  const std::string topic = new_topic("types", 1);
  map("  " + topic + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n" +
      "    data_types: {n102: decimal_base64(2), ts3: timestamp_ms, ts6: timestamp_us, ts9: timestamp_us, t: "
      "time_us}\n");
  std::string columns;
  std::string values;
  for (const Typed& typed : kTyped) {
    columns += std::string(", ") + typed.column;
    values += std::string(", ") + typed.source;
  }
  database().run(
      "CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('ok', 'no'); CREATE TABLE copies (id int PRIMARY KEY" +
      columns + "); CREATE TABLE source (LIKE copies); INSERT INTO source VALUES (1" + values + "), (2" + values +
      "); INSERT INTO source (id) VALUES (3), (4)");
  for (int id = 1; id <= 4; ++id) send(topic, 0, event(id, id <= 2, id % 2 == 0));
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(count("copies"), 4);
  for (const Typed& typed : kTyped) {
    const std::string name = name_of(typed);
    const auto where =
        fmt::format("source s JOIN copies c USING (id) WHERE s.{0}::text IS DISTINCT FROM c.{0}::text", name);
    EXPECT_EQ(count(where), 0) << typed.column << ": "
                               << database().value("SELECT string_agg(" + name + "::text, ' | ') FROM copies");
  }
}

}  // namespace
}  // namespace loom::testing
