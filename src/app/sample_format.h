#pragma once

#include <memory>
#include <optional>
#include <string>

#include "formats/format.h"
#include "mapping/mapping_file.h"
#include "registry/settings.h"
#include "samples/sample_encoder.h"

namespace loom::app {

/// The format of a topic's samples: the one that is asked for, else the mapping's, else JSON.
formats::Format format_of_samples(const mapping::TopicMapping& topic, std::optional<formats::Format> asked);

/// What the service will make of samples in that format, where the mapping says that it reads another one.
std::optional<std::string> format_warning(const mapping::TopicMapping& topic, formats::Format format);

/// Writes a topic's samples in Avro or Protobuf: by the mapping's schema file, where it has one for this format; else
/// by a schema that is registered under `<topic>-value`.
/// Blocks: for the registry's answer.
/// Fails:  std::runtime_error: the file has another schema, or the registry does not take this one.
std::shared_ptr<samples::SampleEncoder> sample_encoder(const mapping::TopicMapping& mapping, const std::string& topic,
                                                       formats::Format format,
                                                       const registry::RegistrySettings& registry);

}  // namespace loom::app
