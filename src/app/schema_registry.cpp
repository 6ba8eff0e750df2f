#include "app/schema_registry.h"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "registry/registry_client.h"

namespace loom::app {

std::unique_ptr<registry::SchemaCache> make_schema_cache(const settings::Config& config, const Clock& clock) {
  if (!config.registry.exists()) return nullptr;
  return std::make_unique<registry::SchemaCache>(std::make_unique<registry::RegistryClient>(config.registry), clock);
}

std::optional<std::string> registry_problem(const settings::Config& config, const mapping::MappingFile& file) {
  if (config.registry.exists()) return std::nullopt;
  for (const mapping::TopicMapping& topic : file.topics) {
    const bool values = topic.value_format.needs_registry();
    if (!values && !topic.key_format.needs_registry()) continue;
    const auto format = mapping::to_string((values ? topic.value_format : topic.key_format).format);
    return file.path + ":" + std::to_string(topic.line) + ": error: topic \"" + topic.topic + "\" has `" +
           (values ? "format: " : "key_format: ") + std::string(format) +
           "`, whose schemas are in a registry: set LOOM_SCHEMA_REGISTRY_URL" +
           (topic.value_format.format == formats::Format::avro       ? ", or give it a schema_file"
            : topic.value_format.format == formats::Format::protobuf ? ", or give it a descriptor_file"
                                                                     : "");
  }
  return std::nullopt;
}

WaitingSchemas::WaitingSchemas(const settings::Config& config)
    : cache_(make_schema_cache(config, clock_)), id_bytes_(config.registry.id_bytes) {}

decode::SchemaAnswer WaitingSchemas::find(const decode::SchemaId& id) {
  constexpr std::chrono::seconds kMost{30};
  const std::array ids{id};
  if (!cache_->wait(ids, kMost)) {
    const auto trouble = cache_->trouble();
    throw std::runtime_error("the schema registry does not answer" + (trouble ? ": " + trouble->says : std::string()));
  }
  return cache_->find(id);
}

}  // namespace loom::app
