#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "encoded_reader.h"
#include "mapping/loader.h"
#include "samples/messages.h"
#include "samples/sample_encoder.h"

namespace loom::samples {
namespace {

using formats::Format;
using mapping::Transform;
using mapping::ValueType;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr SampleFrame kFrame{.id = 0x0102'0304};

std::string frame_of(Format format) {
  return std::string("\0\1\2\3\4", 5) + (format == Format::protobuf ? std::string(1, '\0') : std::string());
}

std::shared_ptr<SampleEncoder> encoder_for(const mapping::TopicMapping& topic, Format format,
                                           std::optional<SampleFrame> frame = kFrame) {
  return std::make_shared<SampleEncoder>(sample_schema(topic, topic.topic, format), frame);
}

std::string differs(const SampleSchema& schema, std::string_view bytes, const std::string& message) {
  const auto json = nlohmann::json::parse(message);
  return schema.format == Format::avro ? avro_differs(schema.text, bytes, json)
                                       : protobuf_differs(schema.text, bytes, json);
}

/// The same messages as JSON and encoded, compared one by one.
void expect_same_values(const mapping::TopicMapping& topic, Format format, int messages) {
  const auto encoder = encoder_for(topic, format);
  SampleGenerator plain(topic, {.seed = 5});
  SampleGenerator encoded(topic, {.seed = 5, .encoder = encoder});
  SampleMessage a;
  SampleMessage b;
  for (int i = 0; i < messages; ++i) {
    plain.next(a);
    encoded.next(b);
    ASSERT_THAT(b.value, StartsWith(frame_of(format)));
    const std::string_view bytes = std::string_view(b.value).substr(frame_of(format).size());
    ASSERT_EQ(differs(encoder->schema(), bytes, a.value), "")
        << topic.topic << ": " << a.value << encoder->schema().text;
    ASSERT_EQ(a.key, b.key);
    ASSERT_EQ(a.rows, b.rows);
  }
}

mapping::TopicMapping topic_of_all_types() {
  mapping::TopicMapping topic;
  topic.topic = "every.type";
  const std::vector<std::pair<std::string, ValueType>> types{{"count", ValueType::integer},
                                                             {"level", ValueType::floating},
                                                             {"flag", ValueType::boolean},
                                                             {"at", ValueType::timestamp},
                                                             {"tags", ValueType::array},
                                                             {"vector", ValueType::float_array},
                                                             {"document", ValueType::json},
                                                             {"blob", ValueType::bytes},
                                                             {"seen_s", ValueType::timestamp_s},
                                                             {"seen_ms", ValueType::timestamp_ms},
                                                             {"seen_us", ValueType::timestamp_us},
                                                             {"seen_ns", ValueType::timestamp_ns},
                                                             {"days", ValueType::date_days},
                                                             {"noon_ms", ValueType::time_ms},
                                                             {"noon_us", ValueType::time_us},
                                                             {"noon_ns", ValueType::time_ns},
                                                             {"lasts", ValueType::interval_us},
                                                             {"price", ValueType::decimal},
                                                             {"total", ValueType::decimal},
                                                             {"whole", ValueType::decimal},
                                                             {"unscaled", ValueType::decimal_base64},
                                                             {"token", ValueType::uuid},
                                                             {"day", ValueType::date},
                                                             {"noon", ValueType::time},
                                                             {"length", ValueType::interval},
                                                             {"peer", ValueType::inet},
                                                             {"label", ValueType::string},
                                                             {"picture", ValueType::bytes},
                                                             {"\"odd.name\"", ValueType::string}};
  for (const auto& [name, type] : types) {
    topic.field_mappings.push_back({"data." + name, name, 0});
    topic.data_types[name] = type;
  }
  topic.type_parameters = {{"total", {12, 4}}, {"whole", {9, 0}}, {"unscaled", {0, 2}}};
  topic.transforms = {{"picture", Transform::base64_decode}};
  topic.required_fields = {"data.count", "at", "label"};
  return topic;
}

class EachFormat : public ::testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(Formats, EachFormat, ::testing::Values(Format::avro, Format::protobuf),
                         [](const auto& one) { return std::string(mapping::to_string(one.param)); });

TEST_P(EachFormat, HoldsTheValuesOfTheJsonForEveryType) { expect_same_values(topic_of_all_types(), GetParam(), 200); }

TEST_P(EachFormat, HoldsTheValuesOfTheJsonForEveryTopicOfTheProject) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(std::string(LOOM_SOURCE_DIR) + "/topic_mappings.yml");
  ASSERT_TRUE(loaded.file);
  ASSERT_GT(loaded.file->topics.size(), 20U);
  for (const mapping::TopicMapping& topic : loaded.file->topics) expect_same_values(topic, GetParam(), 40);
}

TEST_P(EachFormat, IsToldFromOtherValuesByTheReadersHere) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"data.count", "count", 0}, {"label", "label", 0}};
  topic.data_types = {{"count", ValueType::integer}};
  const auto encoder = encoder_for(topic, GetParam(), std::nullopt);
  std::string bytes;
  ASSERT_TRUE(encoder->encode(R"({"data":{"count":7},"label":"a"})", bytes));
  EXPECT_EQ(differs(encoder->schema(), bytes, R"({"data":{"count":7},"label":"a"})"), "");
  EXPECT_THAT(differs(encoder->schema(), bytes, R"({"data":{"count":8},"label":"a"})"), HasSubstr("count"));
  EXPECT_THAT(differs(encoder->schema(), bytes, R"({"data":{"count":7},"label":"b"})"), HasSubstr("label"));
  EXPECT_NE(differs(encoder->schema(), bytes, R"({"data":{"count":7},"label":"a","more":1})"), "");
  EXPECT_NE(differs(encoder->schema(), bytes.substr(0, bytes.size() - 1), R"({"data":{"count":7},"label":"a"})"), "");
}

TEST_P(EachFormat, IsTheSameForTheSameSeed) {
  const mapping::TopicMapping topic = topic_of_all_types();
  EXPECT_EQ(encoder_for(topic, GetParam())->schema().text, encoder_for(topic, GetParam())->schema().text);
  SampleGenerator one(topic, {.seed = 8, .bad_ratio = 0.3, .encoder = encoder_for(topic, GetParam())});
  SampleGenerator other(topic, {.seed = 8, .bad_ratio = 0.3, .encoder = encoder_for(topic, GetParam())});
  SampleMessage a;
  SampleMessage b;
  for (int i = 0; i < 500; ++i) {
    one.next(a);
    other.next(b);
    ASSERT_EQ(a.value, b.value);
    ASSERT_EQ(a.expected, b.expected);
  }
}

TEST_P(EachFormat, StandsAloneWithoutARegistry) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"count", "count", 0}};
  topic.data_types = {{"count", ValueType::integer}};
  topic.required_fields = {"count"};
  std::string bytes;
  ASSERT_TRUE(encoder_for(topic, GetParam(), std::nullopt)->encode(R"({"count":-3})", bytes));
  EXPECT_EQ(bytes, GetParam() == Format::avro ? "\x05" : "\x08\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
}

TEST_P(EachFormat, HasAnIdOfEightBytesWhereTheRegistrysSerializersDo) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"device_id", "device_id", 0}};
  std::string bytes;
  ASSERT_TRUE(encoder_for(topic, GetParam(), SampleFrame{.id = 258, .id_bytes = 8})->encode(R"({})", bytes));
  EXPECT_THAT(bytes, StartsWith(std::string("\0\0\0\0\0\0\0\1\2\0", 10)));
}

TEST_P(EachFormat, HasPlacesOfAList) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"points[0].x", "x", 0}, {"points[2].y", "y", 0}, {"device_id", "device_id", 0}};
  topic.data_types = {{"x", ValueType::floating}, {"y", ValueType::integer}};
  std::string bytes;
  const auto encoder = encoder_for(topic, GetParam());
  EXPECT_TRUE(encoder->encode(R"({"points":[{"x":1.5},null,{"y":7}],"device_id":"d"})", bytes));
}

TEST_P(EachFormat, RefusesWhatItsSchemaCannotSay) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"count", "count", 0}, {"label", "label", 0}};
  topic.data_types = {{"count", ValueType::integer}, {"label", ValueType::string}};
  topic.required_fields = {"label"};
  const auto encoder = encoder_for(topic, GetParam());
  std::string bytes;
  EXPECT_TRUE(encoder->encode(R"({"count":1,"label":"a"})", bytes));
  EXPECT_TRUE(encoder->encode(R"({"count":null,"label":"a"})", bytes));
  EXPECT_TRUE(encoder->encode(R"({"label":"a"})", bytes));
  EXPECT_FALSE(encoder->encode(R"({"count":1})", bytes)) << "the label is required";
  EXPECT_FALSE(encoder->encode(R"({"count":"twelve","label":"a"})", bytes));
  EXPECT_FALSE(encoder->encode(R"([])", bytes));
}

TEST(SampleSchema, IsAnAvroRecord) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"device_id", "device_id", 0}, {"data.price", "price", 0}, {"data.seen", "seen_at", 0}};
  topic.data_types = {{"price", ValueType::decimal}, {"seen_at", ValueType::timestamp}};
  topic.type_parameters = {{"price", {10, 2}}};
  topic.required_fields = {"device_id"};
  const auto text = nlohmann::json::parse(sample_schema(topic, "shop.orders", Format::avro).text);
  EXPECT_EQ(text, nlohmann::json::parse(R"({
    "type": "record", "name": "ShopOrders", "fields": [
      {"name": "device_id", "type": "string"},
      {"name": "data", "default": null, "type": ["null", {"type": "record", "name": "Data", "fields": [
        {"name": "price", "default": null,
         "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}]},
        {"name": "seen", "default": null, "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]}
      ]}]}
    ]})"));
}

TEST(SampleSchema, IsAProtoFile) {
  mapping::TopicMapping topic;
  topic.field_mappings = {
      {"device_id", "device_id", 0}, {"data.\"unit.price\"", "price", 0}, {"data.seen", "seen_at", 0}};
  topic.data_types = {{"price", ValueType::decimal}, {"seen_at", ValueType::timestamp}};
  topic.required_fields = {"device_id"};
  EXPECT_EQ(sample_schema(topic, "shop.orders", Format::protobuf).text, R"(syntax = "proto3";

package samples;

import "google/protobuf/timestamp.proto";

message ShopOrders {
  string device_id = 1;
  message Data {
    optional string unit_price = 1 [json_name = "unit.price"];
    google.protobuf.Timestamp seen = 2;
  }
  Data data = 2;
}
)");
}

TEST(SampleSchema, SaysWhenProtobufHasNoSuchMessage) {
  mapping::TopicMapping topic;
  topic.array_mappings.emplace_back().path = "$value";
  topic.array_mappings.back().element_mappings = {{"sku", "sku", 0}};
  EXPECT_NO_THROW(sample_schema(topic, "items", Format::avro));
  try {
    sample_schema(topic, "items", Format::protobuf);
    FAIL() << "a message is no list";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("topic items: its messages are lists"));
  }
}

}  // namespace
}  // namespace loom::samples
