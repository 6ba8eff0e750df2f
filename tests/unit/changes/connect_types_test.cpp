// Values of change events by the types of Kafka Connect's schemas, and by the columns where there is no schema.
// The events are Debezium 3.6.1's of a PostgreSQL 15.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_stream.h"
#include "formats/connect_schema.h"

namespace loom::testing {
namespace {

using mapping::testing::FakeCatalog;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The row that an event with a field `v` of this type and value leaves, or why it has none. `schema`: of the field, a
/// JSON object's inside; empty: the event has none.
std::string stored(const char* column, const std::string& schema, const std::string& value,
                   const std::string& data_type = "") {
  const std::string type = data_type.empty() ? "" : "\ndata_types: {v: " + data_type + "}";
  const std::string column_text = std::string("v ") + column;
  const auto catalog = FakeCatalog().table("t", {"id int8 !", column_text.c_str()}, {{"id"}});
  ChangeStream stream(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v}" + type), catalog);
  std::string event = R"({"before":null,"after":{"id":1,"v":)" + value + R"(},"source":{},"op":"u"})";
  if (!schema.empty()) {
    event = R"({"schema":{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int64","field":"id"},{)" +
            schema + R"(,"optional":true,"field":"v"}],"optional":true,"field":"after"}]},"payload":)" + event + "}";
  }
  std::string reject = stream.add(event);
  if (!reject.empty()) return reject;
  std::string row = stream.sent().at(0);
  row = row.substr(row.find('|') + 1);
  return row.substr(0, row.find(" (sets"));
}

struct Case {
  const char* column;
  const char* schema;
  const char* value;
  const char* row;
};

TEST(ConnectTypesTest, ASchemaSaysWhatValuesAre) {
  const Case cases[] = {
      {"numeric", R"("type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"})",
       R"("BM4=")", "12.30"},
      {"numeric", R"("type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"})",
       R"("+w==")", "-0.05"},
      {"text", R"("type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"})",
       R"("BM4=")", "12.30"},
      {"numeric",
       R"("type":"struct","fields":[{"type":"int32","field":"scale"},{"type":"bytes","field":"value"}],"name":"io.debezium.data.VariableScaleDecimal")",
       R"({"scale":7,"value":"B1vNFQ=="})", "12.3456789"},
      {"date", R"("type":"int32","name":"io.debezium.time.Date")", "20455", "2026-01-02"},
      {"date", R"("type":"int32","name":"io.debezium.time.Date")", "-622191234", "infinity"},
      {"date", R"("type":"int32","name":"io.debezium.time.Date")", "-2147472691", "-infinity"},
      {"date", R"("type":"int32","name":"org.apache.kafka.connect.data.Date")", "20455", "2026-01-02"},
      {"time", R"("type":"int64","name":"io.debezium.time.MicroTime")", "11045123456", "03:04:05.123456"},
      {"time", R"("type":"int32","name":"io.debezium.time.Time")", "11045123", "03:04:05.123"},
      {"time", R"("type":"int64","name":"io.debezium.time.NanoTime")", "11045123456789", "03:04:05.123456"},
      {"timestamp", R"("type":"int64","name":"io.debezium.time.Timestamp")", "1767323045123",
       "2026-01-02 03:04:05.123"},
      {"timestamp", R"("type":"int64","name":"io.debezium.time.MicroTimestamp")", "1767323045123456",
       "2026-01-02 03:04:05.123456"},
      {"timestamp", R"("type":"int64","name":"io.debezium.time.MicroTimestamp")", "9223372036825200000", "infinity"},
      {"timestamp", R"("type":"int64","name":"io.debezium.time.NanoTimestamp")", "1767323045123456789",
       "2026-01-02 03:04:05.123456"},
      {"timestamp", R"("type":"int64","name":"org.apache.kafka.connect.data.Timestamp")", "-1",
       "1969-12-31 23:59:59.999"},
      {"timestamptz", R"("type":"string","name":"io.debezium.time.ZonedTimestamp")", R"("2026-01-02T01:04:05.123456Z")",
       "2026-01-02 01:04:05.123456+00"},
      {"timestamptz", R"("type":"string","name":"io.debezium.time.ZonedTimestamp")", R"("infinity")", "infinity"},
      {"text", R"("type":"int64","name":"io.debezium.time.MicroDuration")", "37091106789000", "PT37091106.789000S"},
      {"text", R"("type":"int64","name":"io.debezium.time.MicroDuration")", "-86400000000", "PT-86400.000000S"},
      {"text", R"("type":"string","name":"io.debezium.time.Interval")", R"("P0Y0M-1DT0H0M0S")", "P0Y0M-1DT0H0M0S"},
      {"text", R"("type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"3"})", R"("BQ==")", "101"},
      {"text", R"("type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"10"})", R"("AQI=")",
       "1000000001"},
      {"text", R"("type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"11"})", R"("BQ==")",
       "00000000101"},
      {"text", R"("type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"11"})", R"("")", "00000000000"},
      {"boolean", R"("type":"boolean")", "true", "t"},
      {"uuid", R"("type":"string","name":"io.debezium.data.Uuid")", R"("123e4567-e89b-12d3-a456-426614174000")",
       "123e4567-e89b-12d3-a456-426614174000"},
      {"jsonb", R"("type":"string","name":"io.debezium.data.Json")", R"("{\"a\": 1.0, \"b\": 1}")",
       R"({"a": 1.0, "b": 1})"},
      {"text", R"("type":"string","name":"io.debezium.data.Enum","parameters":{"allowed":"ok,no"})", R"("ok")", "ok"},
      {"text", R"("type":"string","name":"io.debezium.data.Xml")", R"("<a/>")", "<a/>"},
      {"bytea", R"("type":"bytes")", R"("AP8Q")", R"(\\x00ff10)"},
      {"bytea", R"("type":"bytes")", "null", "\\N"},
      {"float8", R"("type":"double")", R"("NaN")", "NaN"},
      {"int8", R"("type":"int64")", "9007199254740993", "9007199254740993"},
  };
  for (const Case& c : cases) EXPECT_EQ(stored(c.column, c.schema, c.value), c.row) << c.schema << " " << c.value;
}

TEST(ConnectTypesTest, WithoutASchemaTheMappingOrTheColumnSays) {
  const std::tuple<const char*, const char*, const char*, const char*> cases[] = {
      {"numeric", "\"BM4=\"", "decimal_base64(2)", "12.30"},
      {"numeric", R"({"scale":7,"value":"B1vNFQ=="})", "", "12.3456789"},
      {"numeric", "12.3", "", "12.3"},
      {"numeric", "\"12.3\"", "decimal", "12.3"},
      {"date", "20455", "", "2026-01-02"},
      {"date", "20455", "date_days", "2026-01-02"},
      {"date", "-622191234", "", "infinity"},
      {"date", "-2147472691", "date_days", "-infinity"},
      {"date", "\"2026-01-02Z\"", "", "2026-01-02"},
      {"time", "11045123456", "time_us", "03:04:05.123456"},
      {"timestamp", "1767323045123456", "timestamp_us", "2026-01-02 03:04:05.123456"},
      {"timestamp", "9223372036825200000", "timestamp_us", "infinity"},
      {"timestamptz", "\"2026-01-02T01:04:05.123456Z\"", "", "2026-01-02 01:04:05.123456+00"},
  };
  for (const auto& [column, value, type, row] : cases) {
    EXPECT_EQ(stored(column, "", value, type), row) << column << " " << value << " " << type;
  }
}

TEST(ConnectTypesTest, WhatNobodySaysIsRefusedWithWhatToName) {
  EXPECT_EQ(stored("timestamp", "", "1767323045123456"),
            "source \"after.v\": 1767323045123456 is a number without a unit, and the event has no schema that tells: "
            "name in data_types timestamp_us, timestamp_ms or timestamp_ns");
  EXPECT_THAT(stored("time", "", "11045123456"), HasSubstr("name in data_types time_us, time_ms or time_ns"));
  EXPECT_THAT(stored("numeric", "", "\"1234\""), HasSubstr("may be Base64 or a decimal number"));
}

TEST(ConnectTypesTest, NullForBytesThatAreTextsMeansUntold) {
  EXPECT_EQ(stored("bytea", R"("type":"string")", "null"), "\\N") << "the row has nothing for it";
  const auto catalog = FakeCatalog().table("t", {"id int8 !", "v bytea"}, {{"id"}});
  ChangeStream stream(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v}"), catalog);
  const auto event = [](const char* type, const char* op) {
    return std::string(
               R"({"schema":{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int64","field":"id"},{"type":")") +
           type + R"(","field":"v"}],"field":"after"}]},"payload":{"after":{"id":1,"v":null},"source":{},"op":")" + op +
           "\"}}";
  };
  EXPECT_EQ(stream.add(event("string", "u")), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|\\N (sets )")) << "the column stays as it is";
  stream.clear();
  EXPECT_EQ(stream.add(event("bytes", "u")), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|\\N (sets v)"));
  stream.clear();
  EXPECT_EQ(stream.add(event("string", "c")), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|\\N (sets v)"));
}

TEST(ConnectTypesTest, EachFormOfWhatTheSourceDidNotTell) {
  for (const char* value :
       {R"("__debezium_unavailable_value")", R"("X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==")",
        R"("X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ")", R"(["__debezium_unavailable_value"])",
        R"(["b68a35a7-17ad-35b3-af2a-ae46edb4545a"])",
        "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
        R"("{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}")",
        R"({"__debezium_unavailable_value":"__debezium_unavailable_value"})",
        R"("5f5f646562657a69756d5f756e617661696c61626c655f76616c7565")"}) {
    EXPECT_EQ(stored("text", "", value), "\\N") << value;
  }
  EXPECT_EQ(stored("text", "", R"("__debezium_unavailable_values")"), "__debezium_unavailable_values");
}

}  // namespace
}  // namespace loom::testing
