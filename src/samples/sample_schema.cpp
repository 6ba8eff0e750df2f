#include "samples/sample_schema.h"

namespace loom::samples {

SampleSchema sample_schema(const mapping::TopicMapping& mapping, const std::string& topic, formats::Format format) {
  SampleSchema schema{.format = format, .text = {}, .root = sample_type(mapping, format)};
  schema.text = format == formats::Format::protobuf ? proto_text(schema.root, topic) : avro_text(schema.root, topic);
  return schema;
}

}  // namespace loom::samples
