// Messages of a registry's serializers. Payloads of confluent-kafka 2.16.1's, byte for byte.
#include "decode/schema_decoder.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "decode/plain_form.h"
#include "decode/schema_source.h"

namespace loom::decode {
namespace {

using formats::Format;

constexpr const char* kAvro = R"({"type":"record","name":"R","namespace":"x.y","fields":[{"name":"id","type":"int"},
  {"name":"s","type":["null","string"],"default":null},
  {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
  {"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]})";
constexpr const char* kProtobuf = R"(syntax = "proto3";
package k4;
message First { int32 id = 1; string s = 2; message Inner { int32 a = 1; } }
message Second { int32 id = 1; message In2 { int32 b = 1; } }
)";
constexpr const char* kGuid = "e5906709fdc54396a8bab91f1271f109";
constexpr const char* kProtobufGuid = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

std::string bytes_of(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

std::shared_ptr<const formats::Schema> avro(const std::string& text) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = Format::avro;
  schema->text = text;
  schema->avro = std::make_shared<formats::AvroSchema>(formats::parse_avro_schema(text).schema.value());
  return schema;
}

std::shared_ptr<const formats::Schema> protobuf(const std::string& text) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = Format::protobuf;
  schema->text = text;
  schema->protobuf = std::make_shared<formats::ProtobufSchema>(formats::parse_protobuf_schema(text).schema.value());
  return schema;
}

std::shared_ptr<const formats::Schema> json_schema() {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = Format::json_schema;
  return schema;
}

class FakeSchemas final : public SchemaSource {
 public:
  SchemaAnswer find(const SchemaId& id) override {
    ++asked;
    const auto at = answers.find(id);
    if (at != answers.end()) return at->second;
    return {.schema = nullptr, .problem = {}, .wanted = true};
  }
  [[nodiscard]] std::optional<SchemaTrouble> trouble() const override { return std::nullopt; }

  void has(std::uint64_t number, std::shared_ptr<const formats::Schema> schema) {
    answers[{.number = number}] = {.schema = std::move(schema), .problem = {}, .wanted = false};
  }

  std::map<SchemaId, SchemaAnswer> answers;
  int asked = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;
constexpr MessageBacking kHeaders{.release = [](void*) noexcept {},
                                  .headers =
                                      [](const void* headers) {
                                        std::vector<Header> made;
                                        for (const auto& [name, value] : *static_cast<const Headers*>(headers)) {
                                          made.push_back({name, value, true});
                                        }
                                        return made;
                                      }};

class SchemaDecoderTest : public ::testing::Test {
 protected:
  SchemaDecoderTest() {
    schemas.has(1, avro(kAvro));
    schemas.has(2, json_schema());
    for (const std::uint64_t id : {3U, 4U, 5U, 6U}) schemas.has(id, protobuf(kProtobuf));
    SchemaId guid;
    const std::string raw = bytes_of(kGuid);
    std::copy(raw.begin(), raw.end(), guid.guid.begin());
    schemas.answers[guid] = schemas.answers[{.number = 1}];
    const std::string raw_protobuf = bytes_of(kProtobufGuid);
    std::copy(raw_protobuf.begin(), raw_protobuf.end(), guid.guid.begin());
    schemas.answers[guid] = schemas.answers[{.number = 3}];
  }

  /// The whole message as JSON, or the reject; "awaited" where its schema is not known yet.
  std::string decoded(Format format, const std::string& hex, const Headers& headers = {}, int id_bytes = 4,
                      Part part = Part::value) {
    Wanted wanted;
    wanted.root = true;
    SchemaDecoder decoder(wanted, part, {.format = format}, {.schemas = &schemas, .id_bytes = id_bytes});
    return decoded_by(decoder, bytes_of(hex), headers);
  }

  static std::string decoded_by(SchemaDecoder& decoder, const std::string& bytes, const Headers& headers = {}) {
    Headers kept = headers;
    Message message(&kHeaders, &kept);
    message.has_value = message.has_key = true;
    if (const auto reject = decoder.decode(bytes, message)) {
      return std::string(to_string(reject->reason)) + ": " + reject->message;
    }
    if (decoder.awaits_schema()) return "awaited";
    PlainRoom room;
    ByteBuffer out;
    append_json(decoder.values().root, room, out);
    return std::string(out.view());
  }

  FakeSchemas schemas;
};

TEST_F(SchemaDecoderTest, PayloadsOfConfluentsSerializers) {
  for (const Format format : {Format::avro, Format::automatic}) {
    EXPECT_EQ(decoded(format, "0000000001020202780404ce86b4cccaef66"),
              R"({"id":1,"s":"x","d":12.30,"t":"2026-01-02T03:04:05.123Z"})");
    EXPECT_EQ(decoded(format, "0000000001040004fb3286b4cccaef66"),
              R"({"id":2,"s":null,"d":-12.30,"t":"2026-01-02T03:04:05.123Z"})");
    EXPECT_EQ(
        decoded(format, "020202780404ce86b4cccaef66", {{"__value_schema_id", bytes_of("01" + std::string(kGuid))}}),
        R"({"id":1,"s":"x","d":12.30,"t":"2026-01-02T03:04:05.123Z"})")
        << "the id is in a header, and nothing is in front";
  }
  for (const Format format : {Format::json_schema, Format::automatic}) {
    EXPECT_EQ(decoded(format, "00000000027b226964223a312c2273223a22c3bc227d"), R"({"id":1,"s":"ü"})");
  }
  for (const Format format : {Format::protobuf, Format::automatic}) {
    EXPECT_EQ(decoded(format, "0000000003000805120178"), R"({"id":5,"s":"x"})");
    EXPECT_EQ(decoded(format, "000000000402020805"), R"({"id":5})");
    EXPECT_EQ(decoded(format, "00000000050400000807"), R"({"a":7})");
    EXPECT_EQ(decoded(format, "00000000060402000807"), R"({"b":7})");
    const auto in_header = [](const char* indexes) {
      return Headers{{"__value_schema_id", bytes_of("01" + std::string(kProtobufGuid) + indexes)}};
    };
    EXPECT_EQ(decoded(format, "0805120178", in_header("00")), R"({"id":5,"s":"x"})") << "the indexes are there, too";
    EXPECT_EQ(decoded(format, "0807", in_header("040200")), R"({"b":7})");
  }
}

TEST_F(SchemaDecoderTest, IdsOfEightBytesBySetting) {
  EXPECT_EQ(decoded(Format::avro, "000000000000000001020202780404ce86b4cccaef66", {}, 8),
            R"({"id":1,"s":"x","d":12.30,"t":"2026-01-02T03:04:05.123Z"})");
  EXPECT_EQ(
      decoded(Format::avro, "000000000000000001020202780404ce86b4cccaef66"),
      "not_decodable: the value is not framed as a schema registry's serializers do it: its schema has the id 0 in "
      "four bytes, and 1 in eight: Apicurio's older serializers write eight (LOOM_SCHEMA_REGISTRY_ID_BYTES=8)");
}

TEST_F(SchemaDecoderTest, KeysHaveAHeaderOfTheirOwn) {
  const Headers headers{{"__key_schema_id", bytes_of("0000000001")}, {"__value_schema_id", bytes_of("0000000002")}};
  EXPECT_EQ(decoded(Format::avro, "020202780404ce86b4cccaef66", headers, 4, Part::key),
            R"({"id":1,"s":"x","d":12.30,"t":"2026-01-02T03:04:05.123Z"})");
  EXPECT_EQ(decoded(Format::avro, "", headers, 4, Part::key), "null") << "a record without a key";
}

TEST_F(SchemaDecoderTest, WhatIsSeenAndWhatToSetWhereTheBytesAreOfAnotherKind) {
  EXPECT_EQ(
      decoded(Format::avro, "7b7d"),
      "not_decodable: the value has no schema registry's framing (byte 0 and a schema's id in front, or the id in a "
      "header), which `format: avro` asks for; it looks like plain JSON, which `format: json` or `auto` reads");
  EXPECT_EQ(
      decoded(Format::avro, "0000"),
      "not_decodable: the value is not framed as a schema registry's serializers do it: it begins with byte 0, and "
      "then has 1 byte instead of a schema's id of 4");
  EXPECT_EQ(decoded(Format::avro, "020202", {{"__value_schema_id", "xy"}}),
            "not_decodable: the value is not framed as a schema registry's serializers do it: the header "
            "__value_schema_id has 2 bytes, and a schema's id is byte 1 and 16 bytes, or byte 0 and 4 bytes");
  EXPECT_EQ(decoded(Format::avro, "0000000003000805120178"),
            "schema_mismatch: the value names schema 3, which is one of Protobuf, and the mapping says `format: avro`");
  EXPECT_EQ(decoded(Format::protobuf, "000000000302080805"),
            "not_decodable: the value is of a message that schema 3 does not have");
  EXPECT_EQ(decoded(Format::automatic, "7b2261223a317d"), R"({"a":1})") << "plain JSON beside framed messages";
  EXPECT_EQ(decoded(Format::avro, ""), "tombstone: the record has no value");
}

TEST_F(SchemaDecoderTest, ASchemaIsAskedForOnceAndWaitedFor) {
  Wanted wanted;
  wanted.root = true;
  SchemaDecoder decoder(wanted, Part::value, {.format = Format::avro}, {.schemas = &schemas, .id_bytes = 4});
  const std::string message = bytes_of("00000000090a");
  EXPECT_EQ(decoded_by(decoder, message), "awaited");
  schemas.has(9, avro(R"("int")"));
  EXPECT_EQ(decoded_by(decoder, message), "5");
  EXPECT_EQ(schemas.asked, 2);
  EXPECT_EQ(decoded_by(decoder, message), "5");
  EXPECT_EQ(schemas.asked, 2) << "it is known now";
  schemas.answers[{.number = 10}] = {.schema = nullptr, .problem = "the registry does not know it", .wanted = false};
  EXPECT_EQ(decoded_by(decoder, bytes_of("000000000a0a")),
            "unknown_schema: the value names schema 10: the registry does not know it");
}

TEST_F(SchemaDecoderTest, SchemasMayAlternateAndAreForgottenLongestUnusedFirst) {
  Wanted wanted;
  wanted.root = true;
  for (std::uint64_t id = 100; id < 300; ++id) schemas.has(id, avro(R"("long")"));
  SchemaDecoder decoder(wanted, Part::value, {.format = Format::avro}, {.schemas = &schemas, .id_bytes = 4});
  for (int round = 0; round < 2; ++round) {
    for (unsigned id = 100; id < 300; ++id) {
      std::string message(5, '\0');
      message[3] = static_cast<char>(id >> 8U);
      message[4] = static_cast<char>(id & 0xFFU);
      EXPECT_EQ(decoded_by(decoder, message + "\x06"), "3");
    }
  }
}

TEST_F(SchemaDecoderTest, ConfluentsRootOfBytesHasNoLength) {
  schemas.has(7, avro(R"("bytes")"));
  schemas.has(8, avro(R"(["null","bytes"])"));
  EXPECT_EQ(decoded(Format::avro, "0000000007ff01"), R"("/wE=")");
  EXPECT_EQ(decoded(Format::avro, "0000000007"), R"("")");
  EXPECT_EQ(decoded(Format::avro, "00000000080204ff01"), R"("/wE=")") << "in a union it has one";
}

TEST_F(SchemaDecoderTest, ASchemaWithoutARequiredFieldIsRefusedWholeAndSaidOnce) {
  Wanted wanted;
  wanted.root = true;
  wanted.required = {{"who", {"data.user", "user"}}, {"s", {"s"}}};
  const auto said = [] {
    std::uint64_t times = 0;
    for (const auto& event : log::recent()) times += event.message.find("`who`") == std::string::npos ? 0 : event.times;
    return times;
  };
  SchemaDecoder decoder(wanted, Part::value, {.format = Format::automatic}, {.schemas = &schemas, .id_bytes = 4});
  const std::string message = bytes_of("0000000001020202780404ce86b4cccaef66");
  const std::string missing = "has no field for the required field `who` (sources: data.user, user)";
  EXPECT_EQ(decoded_by(decoder, message), "schema_mismatch: schema 1 " + missing);
  EXPECT_EQ(said(), 1U);
  EXPECT_EQ(decoded_by(decoder, message), "schema_mismatch: schema 1 " + missing);
  EXPECT_EQ(said(), 1U);
  schemas.has(
      20, avro(R"({"type":"record","name":"R","fields":[{"name":"s","type":"int"},{"name":"user","type":"int"}]})"));
  EXPECT_EQ(decoded_by(decoder, bytes_of("00000000140a0c")), R"({"s":5,"user":6})") << "another schema has it";
  EXPECT_EQ(decoded_by(decoder, bytes_of("0000000003000805120178")),
            "schema_mismatch: message k4.First of schema 3 " + missing);
  EXPECT_EQ(decoded_by(decoder, bytes_of("00000000030402000807")),
            "schema_mismatch: message k4.Second.In2 of schema 3 has no field for the required fields "
            "`who` (sources: data.user, user), `s` (sources: s)");
  EXPECT_EQ(decoded_by(decoder, "{}"), "{}") << "JSON has no schema: each message is looked at";
}

TEST_F(SchemaDecoderTest, AFileWithoutARequiredFieldIsNamed) {
  Wanted wanted;
  wanted.required = {{"x", {"x"}}};
  const mapping::MessageFormat format{.format = Format::avro, .file = "r.avsc", .schema = avro(kAvro)};
  SchemaDecoder decoder(wanted, Part::value, format, {});
  EXPECT_EQ(decoded_by(decoder, bytes_of("020202780404ce86b4cccaef66")),
            "schema_mismatch: r.avsc has no field for the required field `x` (sources: x)");
}

}  // namespace
}  // namespace loom::decode
