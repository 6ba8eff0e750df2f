#include "app/sample_format.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "mapping/sources.h"
#include "registry/registry_client.h"
#include "samples/schema_file.h"

namespace loom::app {
namespace sample_format {
namespace {

using formats::Format;

bool has_schema(Format format) { return format == Format::avro || format == Format::protobuf; }

void check_file(const samples::SampleSchema& schema, const mapping::TopicMapping& mapping, const std::string& topic) {
  if (samples::is_schema_of_file(schema, mapping.value_format)) return;
  const bool avro = schema.format == Format::avro;
  const std::string print = "kafka-to-db-consumer produce-sample --topic " + topic + " --print-schema";
  // Not straight into the file: the shell empties it first, and without it the mapping cannot be read.
  const std::string file = mapping.value_format.file;
  const std::string made =
      avro ? " > samples.avsc && mv samples.avsc " + file
           : " > samples.proto && protoc --include_imports --descriptor_set_out=" + file + " samples.proto";
  throw std::runtime_error("topic " + topic + ": " + file +
                           " has another schema than the samples, which are made from the mapping alone. Either write "
                           "theirs there (" +
                           print + made + "), or leave the file out of the mapping and set LOOM_SCHEMA_REGISTRY_URL");
}

/// A key in such a format would need a schema of its own.
void check_key(const mapping::TopicMapping& mapping, const std::string& topic) {
  if (!has_schema(mapping.key_format.format)) return;
  for (const auto& field : mapping.field_mappings) {
    if (!mapping::read_source(field.source).of_key) continue;
    throw std::runtime_error("topic " + topic + ": the samples' keys are JSON, and the mapping reads " + field.source +
                             " from one in " + std::string(mapping::to_string(mapping.key_format.format)));
  }
}

samples::SampleFrame register_schema(const samples::SampleSchema& schema, const std::string& topic,
                                     const registry::RegistrySettings& settings) {
  if (!settings.exists()) {
    throw std::runtime_error("samples in " + std::string(mapping::to_string(schema.format)) +
                             " need a schema registry: set LOOM_SCHEMA_REGISTRY_URL");
  }
  registry::RegistryClient client(settings);
  const registry::Registered made = client.register_schema(topic + "-value", {schema.format, schema.text, {}});
  if (made.outcome != registry::Outcome::ok) {
    throw std::runtime_error("the schema of the samples is not registered under " + topic + "-value: " + made.problem);
  }
  if (settings.id_bytes == 4 && made.id > std::numeric_limits<std::uint32_t>::max()) {
    throw std::runtime_error("the registry's id " + std::to_string(made.id) +
                             " needs eight bytes: set LOOM_SCHEMA_REGISTRY_ID_BYTES=8");
  }
  return {.id = made.id, .id_bytes = settings.id_bytes};
}

}  // namespace
}  // namespace sample_format

using formats::Format;

Format format_of_samples(const mapping::TopicMapping& topic, std::optional<Format> asked) {
  if (asked) return *asked;
  return sample_format::has_schema(topic.value_format.format) ? topic.value_format.format : Format::json;
}

std::optional<std::string> format_warning(const mapping::TopicMapping& topic, Format format) {
  const Format read = topic.value_format.format;
  if (read == format || read == Format::automatic) return std::nullopt;
  return "the samples are in " + std::string(mapping::to_string(format)) +
         ", and the mapping says `format: " + std::string(mapping::to_string(read)) +
         "`: the service will not store them as expected";
}

std::shared_ptr<samples::SampleEncoder> sample_encoder(const mapping::TopicMapping& mapping, const std::string& topic,
                                                       Format format, const registry::RegistrySettings& registry) {
  sample_format::check_key(mapping, topic);
  samples::SampleSchema schema = samples::sample_schema(mapping, topic, format);
  std::optional<samples::SampleFrame> frame;
  if (mapping.value_format.format == format && mapping.value_format.schema != nullptr) {
    sample_format::check_file(schema, mapping, topic);
  } else {
    frame = sample_format::register_schema(schema, topic, registry);
  }
  return std::make_shared<samples::SampleEncoder>(std::move(schema), frame);
}

}  // namespace loom::app
