#include "samples/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>

namespace loom::samples {
namespace {

using mapping::TopicMapping;
using mapping::ValueType;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

mapping::FieldMapping field(std::string source, std::string column) {
  return {std::move(source), std::move(column), 0};
}

TopicMapping accelerometer() {
  TopicMapping topic;
  topic.topic = "device.sensor.accelerometer.raw";
  topic.field_mappings = {field("trace_id", "trace_id"),
                          field("device_id", "device_id"),
                          field("timestamp", "timestamp"),
                          field("schema_version", "schema_version"),
                          field("x", "x_axis"),
                          field("data.x", "x_axis"),
                          field("y", "y_axis"),
                          field("data.y", "y_axis"),
                          field("z", "z_axis"),
                          field("data.z", "z_axis"),
                          field("data.magnitude", "magnitude"),
                          field("data.sample_rate", "sample_rate"),
                          field("metadata.activity", "activity"),
                          field("metadata.device_orientation", "device_orientation")};
  topic.data_types = {{"timestamp", ValueType::timestamp}, {"x_axis", ValueType::floating},
                      {"y_axis", ValueType::floating},     {"z_axis", ValueType::floating},
                      {"magnitude", ValueType::floating},  {"sample_rate", ValueType::integer}};
  topic.required_fields = {"device_id", "timestamp"};
  return topic;
}

/// Messages, parsed by a parser that is not ours.
class SampleMessages : public ::testing::Test {
 protected:
  void read(const TopicMapping& topic, SampleOptions options = {}) {
    SampleGenerator generator(topic, options);
    generator.next(message);
    text = simdjson::padded_string(message.value);
    ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << message.value;
  }
  bool has(std::string_view pointer) { return root.at_pointer(pointer).error() == simdjson::SUCCESS; }

  SampleMessage message;
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
};

TEST_F(SampleMessages, CarryEveryMappedColumn) {
  read(accelerometer());
  for (const char* pointer : {"/trace_id", "/device_id", "/timestamp", "/schema_version", "/data/x", "/data/y",
                              "/data/z", "/data/magnitude", "/data/sample_rate", "/metadata/activity"}) {
    EXPECT_TRUE(has(pointer)) << pointer << " in " << message.value;
  }
  EXPECT_FALSE(has("/x")) << "one source is enough for a column";
  EXPECT_EQ(message.key, std::string_view(root["device_id"]));
  EXPECT_EQ(message.rows, 1U);
}

TEST_F(SampleMessages, TheKeyIsJsonWhereItsFieldsAreMapped) {
  TopicMapping topic = accelerometer();
  topic.field_mappings.push_back(field("$key.tenant.id", "tenant"));
  topic.field_mappings.push_back(field("$key.seq", "seq"));
  topic.data_types["seq"] = ValueType::integer;
  read(topic);
  EXPECT_FALSE(has("/tenant"));
  const simdjson::padded_string key(message.key);
  simdjson::dom::parser of_key;
  simdjson::dom::element parsed;
  ASSERT_EQ(of_key.parse(key).get(parsed), simdjson::SUCCESS) << message.key;
  EXPECT_EQ(parsed.at_pointer("/tenant/id").error(), simdjson::SUCCESS) << message.key;
  EXPECT_TRUE(parsed["seq"].is_int64()) << message.key;
}

TEST_F(SampleMessages, DecimalsFitTheirPrecision) {
  struct Case {
    mapping::TypeParameters type;
    double below;
    std::size_t decimals;
  };
  for (const Case& one : {Case{{2, 1}, 10, 1}, Case{{3, 5}, 0.01, 5}, Case{{12, 2}, 100.01, 2}, Case{{4, 0}, 101, 0},
                          Case{{1, 1}, 1, 1}}) {
    TopicMapping topic = accelerometer();
    topic.field_mappings.push_back(field("price", "price"));
    topic.data_types["price"] = ValueType::decimal;
    topic.type_parameters["price"] = one.type;
    SampleGenerator generator(topic, {});
    for (int i = 0; i < 200; ++i) {
      generator.next(message);
      const std::size_t at = message.value.find("\"price\":") + 8;
      const std::string number = message.value.substr(at, message.value.find_first_of(",}", at) - at);
      EXPECT_LT(std::stod(number), one.below) << number;
      const std::size_t point = number.find('.');
      EXPECT_EQ(point == std::string::npos ? 0 : number.size() - point - 1, one.decimals) << number;
    }
  }
}

TEST_F(SampleMessages, OfTheAccelerometerHaveAbout300Bytes) {
  read(accelerometer());
  EXPECT_THAT(message.value.size(), AllOf(Ge(250U), Le(340U)));
}

TEST_F(SampleMessages, AreTheSameForTheSameSeed) {
  SampleGenerator one(accelerometer(), {.seed = 5, .bad_ratio = 0.3});
  SampleGenerator two(accelerometer(), {.seed = 5, .bad_ratio = 0.3});
  SampleMessage a;
  SampleMessage b;
  for (int i = 0; i < 500; ++i) {
    one.next(a);
    two.next(b);
    ASSERT_EQ(a.value, b.value);
    ASSERT_EQ(a.key, b.key);
    ASSERT_EQ(a.expected, b.expected);
  }
}

TEST_F(SampleMessages, GoOnWhereSkippingLedTo) {
  SampleGenerator one(accelerometer(), {});
  SampleGenerator two(accelerometer(), {});
  SampleMessage a;
  SampleMessage b;
  for (int i = 0; i < 10; ++i) one.next(a);
  two.skip(9);
  two.next(b);
  EXPECT_EQ(a.value, b.value);
}

TEST_F(SampleMessages, NeverRepeatADeviceAndTimestamp) {
  std::set<std::string> seen;
  for (const std::uint64_t seed : {1U, 2U, 11U}) {
    SampleGenerator generator(accelerometer(), {.seed = seed, .devices = 3});
    for (int i = 0; i < 2000; ++i) {
      generator.next(message);
      const std::size_t at = message.value.find("\"timestamp\"");
      EXPECT_TRUE(seen.insert(message.key + message.value.substr(at, 42)).second) << message.value;
    }
  }
}

TEST_F(SampleMessages, AreRepeatedByteForByteAsOftenAsWanted) {
  constexpr int kMessages = 4000;
  SampleGenerator generator(accelerometer(), {.repeat_ratio = 0.5});
  std::set<std::pair<std::string, std::string>> seen;
  std::uint64_t rows = 0;
  for (int i = 0; i < kMessages; ++i) {
    generator.next(message);
    rows += message.rows;
    const bool first = seen.emplace(message.key, message.value).second;
    ASSERT_EQ(message.rows, first ? 1U : 0U) << "message " << i;
  }
  EXPECT_EQ(rows, seen.size());
  EXPECT_THAT(seen.size(), AllOf(Ge(kMessages * 0.45), Le(kMessages * 0.55)));
}

TEST_F(SampleMessages, TakeTheRequiredSourceOfAColumn) {
  TopicMapping topic = accelerometer();
  topic.required_fields.emplace_back("x");
  read(topic);
  EXPECT_TRUE(has("/x"));
}

TEST_F(SampleMessages, CarryARequiredFieldThatNoColumnTakes) {
  TopicMapping topic = accelerometer();
  topic.required_fields.emplace_back("data.session");
  read(topic);
  EXPECT_TRUE(has("/data/session"));
}

TEST_F(SampleMessages, PutAnObjectWhereOthersAreMappedInside) {
  TopicMapping topic;
  topic.field_mappings = {field("chunk_data", "audio_data"), field("data", "audio_data"),
                          field("data.audio_data", "audio_data"), field("data.format", "format")};
  read(topic);
  EXPECT_TRUE(has("/data/audio_data")) << message.value;
  EXPECT_TRUE(has("/data/format"));
}

TEST_F(SampleMessages, OfAMinimalMappingAreTheEnvelope) {
  TopicMapping topic;
  topic.required_fields = {"device_id"};
  read(topic);
  for (const char* pointer : {"/trace_id", "/device_id", "/timestamp", "/schema_version", "/data", "/metadata"}) {
    EXPECT_TRUE(has(pointer)) << pointer;
  }
}

TEST_F(SampleMessages, CountTheRowsOfTheirElements) {
  TopicMapping topic = accelerometer();
  topic.array_mappings.resize(2);
  topic.array_mappings[0].path = "data.words";
  topic.array_mappings[0].element_mappings = {{"word", "word_text", 0}, {"start", "start_time_ms", 0}};
  topic.array_mappings[1].path = "tags";
  topic.array_mappings[1].table = mapping::TableName{"", "tags"};
  topic.array_mappings[1].element_mappings = {{"value", "tag", 0}};
  SampleGenerator generator(topic, {});
  bool without = false;
  for (int i = 0; i < 20; ++i) {
    generator.next(message);
    text = simdjson::padded_string(message.value);
    ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << message.value;
    const std::size_t words = simdjson::dom::array(root.at_pointer("/data/words")).size();
    EXPECT_EQ(message.rows, std::max<std::size_t>(1, words));
    EXPECT_EQ(message.child_rows, simdjson::dom::array(root["tags"]).size());
    without = without || words == 0;
    if (words > 0) {
      EXPECT_TRUE(has("/data/words/0/word"));
      EXPECT_TRUE(root["tags"].at(0).is_string());
    }
  }
  EXPECT_TRUE(without) << "an empty array is a case that consumers must meet";
}

TEST_F(SampleMessages, CarryTheHeadersThatAreMapped) {
  TopicMapping topic = accelerometer();
  topic.field_mappings.push_back(field("$headers.tenant", "tenant"));
  topic.field_mappings.push_back(field("$offset", "kafka_offset"));
  read(topic);
  ASSERT_EQ(message.headers.size(), 1U);
  EXPECT_EQ(message.headers[0].first, "tenant");
}

}  // namespace
}  // namespace loom::samples
