#include "shapes.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "one_schema.h"
#include "pipeline/compile_topic.h"
#include "samples/sample_encoder.h"

namespace loom::benchmarks {
namespace {

using Random = std::mt19937_64;  // its numbers are the same everywhere; those of std's distributions are not

double between(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() >> 11U) * 0x1p-53;
}

constexpr const char* kSensorFile = "drain/topic_mappings.yml";
constexpr const char* kSensorTopic = "device.sensor.accelerometer.raw";

/// `format`: instead of the mapping's.
std::shared_ptr<const mapping::TopicPlan> plan_of(const std::string& file, const std::string& topic,
                                                  std::optional<formats::Format> format = std::nullopt) {
  const std::string path = LOOM_BENCHMARK_SOURCES "/" + file;
  const mapping::LoadResult loaded = mapping::load_mapping_file(path);
  if (!loaded.file) throw std::runtime_error(path + " cannot be loaded");
  std::vector<mapping::Problem> problems;
  const mapping::DefinedCatalog tables(mapping::table_definitions(*loaded.file, problems));
  for (mapping::TopicMapping entry : loaded.file->topics) {
    if (entry.topic != topic) continue;
    if (format) entry.value_format.format = *format;
    auto compiled = pipeline::compile_topic(entry, tables, path);
    if (compiled.plan) return std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan));
  }
  throw std::runtime_error(fmt::format("{}: no plan for {}", path, topic));
}

void envelope(MessageWriter& message, std::uint64_t id, const Instant& at) {
  message.text("trace_id",
               fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", id >> 32U, (id >> 16U) & 0xFFFFU, id & 0xFFFU,
                           (id >> 4U) & 0xFFFU, id & 0xFFFF'FFFF'FFFFU),
               "trace_id");
  message.text("device_id", fmt::format("device-{:04}", id % 1000), "device_id");
  message.timestamp("timestamp", at, "timestamp");
  message.text("schema_version", "v1", "schema_version");
}

Shape shape_of(const std::string& name, const std::string& file, const std::string& topic) {
  Shape shape;
  shape.name = name;
  shape.plan = plan_of(file, topic);
  shape.rows.resize(shape.plan->tables.size());
  return shape;
}

void finish(Shape& shape, MessageWriter& message) {
  message.close();
  shape.messages.push_back(std::move(message.json));
}

}  // namespace

std::size_t Shape::rows_per_message() const {
  std::size_t all = 0;
  for (const auto& table : rows) all += table.size();
  return all / messages.size();
}

std::size_t Shape::bytes() const {
  return std::accumulate(messages.begin(), messages.end(), std::size_t{0},
                         [](std::size_t sum, const std::string& message) { return sum + message.size(); });
}

Shape small_sensor_row(std::size_t count) {
  Shape shape = shape_of("small_sensor_row", kSensorFile, kSensorTopic);
  Random random(42);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t id = random();
    MessageWriter message;
    envelope(message, id, instant(random()));
    message.open("data");
    message.number("x", between(random, -20, 20), "x_axis");
    message.number("y", between(random, -20, 20), "y_axis");
    message.number("z", between(random, -20, 20), "z_axis");
    message.number("magnitude", between(random, 0, 40), "magnitude");
    message.integer("sample_rate", static_cast<std::int64_t>(50 + id % 50), "sample_rate");
    message.close();
    message.open("metadata");
    message.text("activity", id % 2 == 0 ? "walking" : "stationary", "activity");
    message.text("device_orientation", id % 3 == 0 ? "portrait" : "landscape", "device_orientation");
    message.close();
    shape.rows[0].push_back(std::exchange(message.row, {}));
    finish(shape, message);
  }
  return shape;
}

Shape small_sensor_row_in(formats::Format format, std::size_t count) {
  const std::string path = std::string(LOOM_BENCHMARK_SOURCES "/") + kSensorFile;
  const mapping::LoadResult loaded = mapping::load_mapping_file(path);
  if (!loaded.file) throw std::runtime_error(path + " cannot be loaded");
  samples::SampleEncoder encoder(samples::sample_schema(loaded.file->topics.at(0), kSensorTopic, format),
                                 samples::SampleFrame{.id = 1});
  Shape shape = small_sensor_row(count);
  shape.name += "_" + std::string(mapping::to_string(format));
  shape.plan = plan_of(kSensorFile, kSensorTopic, format);
  shape.schemas = std::make_shared<OneSchema>(encoder.schema());
  std::string encoded;
  for (std::string& message : shape.messages) {
    if (!encoder.encode(message, encoded)) throw std::runtime_error("cannot be encoded: " + message);
    message = encoded;
  }
  return shape;
}

Shape nested_40_fields(std::size_t count) {
  static constexpr std::array<const char*, 6> kParts{"heart", "motion", "sleep", "power", "air", "place"};
  Shape shape = shape_of("nested_40_fields", "micro/topic_mappings.yml", "vitals");
  Random random(43);
  for (std::size_t i = 0; i < count; ++i) {
    MessageWriter message;
    envelope(message, random(), instant(random()));
    message.open("data");
    for (const std::string part : kParts) {
      message.open(part);
      message.number("mean", between(random, 0, 200), part + "_mean");
      message.number("peak", between(random, 0, 200), part + "_peak");
      message.integer("count", static_cast<std::int64_t>(random() % 1'000'000), part + "_count");
      message.boolean("valid", random() % 2 == 0, part + "_valid");
      message.integer("unmapped", static_cast<std::int64_t>(random() % 10), "");
      message.open("window");
      if (random() % 4 == 0) {
        message.escaped("note", R"(\"worn\"\tloosely)", "\"worn\"\tloosely", part + "_note");
      } else {
        message.text("note", "nothing unusual", part + "_note");
      }
      message.timestamp("started_at", instant(random()), part + "_started_at");
      message.close();
      message.close();
    }
    message.close();
    shape.rows[0].push_back(std::exchange(message.row, {}));
    finish(shape, message);
  }
  return shape;
}

Shape array_of_200_words(std::size_t count) {
  static constexpr std::array<const char*, 8> kWords{"the",  "weather",    "was",       "better",
                                                     "than", "forecasted", "yesterday", "caf\xC3\xA9"};
  Shape shape = shape_of("array_of_200_words", "micro/topic_mappings.yml", "transcript");
  shape.batch = 50;
  Random random(44);
  for (std::size_t i = 0; i < count; ++i) {
    MessageWriter message;
    envelope(message, random(), instant(random()));
    message.open("data");
    message.text("language", "en", "language");
    message.number("duration_seconds", between(random, 60, 90), "duration_seconds");
    shape.rows[0].push_back(std::exchange(message.row, {}));
    const ExpectedRow& parent = shape.rows[0].back();
    message.open("words", '[');
    for (std::uint64_t place = 0; place < 200; ++place) {
      message.open_element();
      message.text("word", kWords[random() % kWords.size()], "word");
      const double start = 0.4 * static_cast<double>(place);
      message.number("start", start, "start_seconds");
      message.number("end", start + between(random, 0.1, 0.4), "end_seconds");
      message.number("confidence", between(random, 0.5, 1), "confidence");
      message.close();
      ExpectedRow word = std::exchange(message.row, {});
      word["place"] = big_endian(place, 8);
      word["device_id"] = parent.at("device_id");
      word["timestamp"] = parent.at("timestamp");
      shape.rows[1].push_back(std::move(word));
    }
    message.close(']');
    message.close();
    finish(shape, message);
  }
  return shape;
}

Shape payload_1mb(std::size_t count) {
  Shape shape = shape_of("payload_1mb", "micro/topic_mappings.yml", "picture");
  shape.batch = 4;
  Random random(45);
  for (std::size_t i = 0; i < count; ++i) {
    MessageWriter message;
    envelope(message, random(), instant(random()));
    message.open("data");
    std::string picture;
    while (picture.size() < 750'000) picture += big_endian(random(), 8);
    message.bytes("image_data", std::move(picture), "image_data");
    message.text("format", "jpeg", "image_format");
    message.integer("width", 1920, "width");
    message.integer("height", 1080, "height");
    message.close();
    shape.rows[0].push_back(std::exchange(message.row, {}));
    finish(shape, message);
  }
  return shape;
}

std::optional<Shape> shape_named(const std::string& name, std::size_t count) {
  if (name == "small_sensor_row") return small_sensor_row(count);
  if (name == "small_sensor_row_avro") return small_sensor_row_in(formats::Format::avro, count);
  if (name == "small_sensor_row_protobuf") return small_sensor_row_in(formats::Format::protobuf, count);
  if (name == "nested_40_fields") return nested_40_fields(count);
  if (name == "array_of_200_words") return array_of_200_words(count);
  if (name == "payload_1mb") return payload_1mb(count);
  return std::nullopt;
}

std::shared_ptr<const mapping::TopicPlan> as_text(const mapping::TopicPlan& plan) {
  auto made = std::make_shared<mapping::TopicPlan>(plan);
  for (auto& table : made->tables) table.binary = false;
  return made;
}

}  // namespace loom::benchmarks
