// Change events in Avro, as Kafka Connect's AvroConverter writes Debezium's, and in Protobuf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_stream.h"
#include "formats/schema.h"

namespace loom::testing {
namespace {

using mapping::testing::FakeCatalog;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;

constexpr const char* kRow = R"({"type":"record","name":"Value","fields":[{"name":"id","type":"long"},
  {"name":"at","type":["null",{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}]},
  {"name":"n","type":["null","string"]},{"name":"j","type":["null",{"type":"string","connect.name":"io.debezium.data.Json"}]}
  ]})";

mapping::MessageFormat avro(const std::string& text) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = formats::Format::avro;
  schema->text = text;
  schema->avro = std::make_shared<const formats::AvroSchema>(formats::parse_avro_schema(text).schema.value());
  mapping::MessageFormat format;
  format.format = formats::Format::avro;
  format.schema = std::move(schema);
  return format;
}

std::string number(std::int64_t value) {
  std::string out;
  auto rest = static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63);
  for (; rest > 127; rest >>= 7U) out += static_cast<char>(rest | 128U);
  return out + static_cast<char>(rest);
}
std::string text(const std::string& value) { return number(static_cast<std::int64_t>(value.size())) + value; }
std::string some(const std::string& value) { return number(1) + value; }
std::string none() { return number(0); }

std::string row_in_avro(std::int64_t id, const std::string& n) {
  return number(id) + some(number(1'767'323'045'123'456)) + some(text(n)) + some(text(R"({"a": 1})"));
}

FakeCatalog avro_table() {
  return FakeCatalog().table("t", {"id int8 !", "at timestamp", "n numeric", "j jsonb", "lsn int8"}, {{"id"}});
}
std::string avro_yaml() {
  return topic_yaml(
      "changes: debezium\nupsert_key: id\nfield_mappings: {id: id, at: at, n: n, j: j, $source.lsn: lsn}");
}

TEST(ChangeFormatsTest, AnEnvelopeInAvroHasItsTypes) {
  ChangeStream stream(avro_yaml(), avro_table(),
                      avro(R"({"type":"record","name":"Envelope","fields":[{"name":"before","type":["null",)" +
                           std::string(kRow) + R"(]},{"name":"after","type":["null","Value"]},{"name":"source","type":
                           {"type":"record","name":"Source","fields":[{"name":"lsn","type":"long"}]}},{"name":"op","type":"string"}]})"));
  EXPECT_EQ(stream.add(none() + some(row_in_avro(1, "1234")) + number(77) + text("c")), "");
  EXPECT_EQ(stream.add(some(row_in_avro(2, "12.5")) + none() + number(78) + text("d")), "");
  EXPECT_EQ(stream.add(none() + some(row_in_avro(3, "__debezium_unavailable_value")) + number(79) + text("u")), "");
  EXPECT_THAT(stream.sent(),
              ElementsAre("remove t 2", R"(t 1|2026-01-02 03:04:05.123456|1234|{"a": 1}|77 (sets at,n,j,lsn))",
                          R"(t 3|2026-01-02 03:04:05.123456|\N|{"a": 1}|79 (sets at,j,lsn))"));
}

TEST(ChangeFormatsTest, ARowAloneInAvroIsOne) {
  ChangeStream stream(avro_yaml(), avro_table(), avro(kRow));
  EXPECT_EQ(stream.add(row_in_avro(1, "12.5")), "");
  EXPECT_EQ(stream.add("-", R"({"id":2})"), "");
  EXPECT_THAT(stream.sent(),
              ElementsAre("remove t 2", R"(t 1|2026-01-02 03:04:05.123456|12.5|{"a": 1}|\N (sets at,n,j))"));
}

TEST(ChangeFormatsTest, InfinityInAvroStaysInfinite) {
  const auto table = FakeCatalog().table("t", {"id int8 !", "d date", "at timestamp"}, {{"id"}});
  ChangeStream stream(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, d: d, at: at}"), table,
                      avro(R"({"type":"record","name":"Value","fields":[{"name":"id","type":"long"},
                        {"name":"d","type":{"type":"int","connect.name":"io.debezium.time.Date"}},
                        {"name":"at","type":{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}}]})"));
  EXPECT_EQ(stream.add(number(1) + number(-622191234) + number(9223372036825200000)), "");
  EXPECT_EQ(stream.add(number(2) + number(20455) + number(1767323045123456)), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|infinity|infinity (sets d,at)",
                                         "t 2|2026-01-02|2026-01-02 03:04:05.123456 (sets d,at)"));
}

mapping::MessageFormat protobuf(const std::string& text) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = formats::Format::protobuf;
  schema->text = text;
  schema->protobuf =
      std::make_shared<const formats::ProtobufSchema>(formats::parse_protobuf_schema(text).schema.value());
  mapping::MessageFormat format;
  format.format = formats::Format::protobuf;
  format.message = "Envelope";
  format.schema = std::move(schema);
  return format;
}

/// A field of Protobuf's wire format whose value has a length, or is a number below 128.
std::string field(int number, const std::string& value) {
  return std::string{static_cast<char>(number * 8 + 2), static_cast<char>(value.size())} + value;
}
std::string field(int number, int value) { return {static_cast<char>(number * 8), static_cast<char>(value)}; }

TEST(ChangeFormatsTest, AnEnvelopeInProtobufIsRead) {
  const auto table = FakeCatalog().table("t", {"id int8 !", "n numeric", "v text", "lsn int8"}, {{"id"}});
  ChangeStream stream(
      topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, n: n, v: v, $source.lsn: lsn}"), table,
      protobuf(R"(syntax = "proto3";
        message Envelope {
          message Value { int64 id = 1; optional string n = 2; optional string v = 3; }
          message Source { int64 lsn = 1; }
          Value before = 1; Value after = 2; Source source = 3; string op = 4;
        })"));
  const auto row = [](int id, const std::string& n, const std::string& v) {
    return field(1, id) + field(2, n) + field(3, v);
  };
  const std::string source = field(3, field(1, 77));
  EXPECT_EQ(stream.add(field(2, row(1, "12.50", "a")) + source + field(4, "c")), "");
  EXPECT_EQ(stream.add(field(1, row(2, "1", "b")) + source + field(4, "d")), "");
  EXPECT_EQ(stream.add(field(2, row(3, "2", "__debezium_unavailable_value")) + source + field(4, "u")), "");
  EXPECT_EQ(stream.add(field(2, field(1, 4)) + source + field(4, "u")), "");
  EXPECT_EQ(stream.add("-", R"({"id":5})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("remove t 2", "remove t 5", "t 1|12.50|a|77 (sets n,v,lsn)",
                                         R"(t 4|\N|\N|77 (sets n,v,lsn))", R"(t 3|2|\N|77 (sets n,lsn))"));
}

}  // namespace
}  // namespace loom::testing
