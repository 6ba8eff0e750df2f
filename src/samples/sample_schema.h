#pragma once

#include <string>

#include "formats/format.h"
#include "mapping/mapping_file.h"
#include "samples/sample_type.h"

namespace loom::samples {

/// The schema that sample messages of a topic are written with.
struct SampleSchema {
  formats::Format format = formats::Format::avro;
  std::string text;  ///< as a registry takes it: an Avro schema, or a .proto file
  SampleType root;   ///< what it says; of Protobuf fields have the numbers 1, 2, ... in their order
};

/// Derived from the mapping alone, the same every time. `format`: avro or protobuf. `topic`: the topic's name, where
/// the mapping has a pattern.
/// Fails: std::runtime_error, when such messages cannot be in that format.
SampleSchema sample_schema(const mapping::TopicMapping& mapping, const std::string& topic, formats::Format format);

/// The text of an Avro schema.
std::string avro_text(const SampleType& root, const std::string& topic);
/// The text of a .proto file whose first message is the root.
/// Fails: std::runtime_error: the root is no record, or a list has lists.
std::string proto_text(const SampleType& root, const std::string& topic);

}  // namespace loom::samples
