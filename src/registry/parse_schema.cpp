#include "registry/parse_schema.h"

#include <utility>
#include <vector>

namespace loom::registry {

ParsedSchema parse_schema(const FetchedSchema& fetched) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = fetched.format;
  schema->text = fetched.text;
  if (fetched.format == formats::Format::avro) {
    std::vector<std::string> texts;
    for (const ReferencedText& reference : fetched.references) texts.push_back(reference.text);
    formats::ParsedAvroSchema parsed = formats::parse_avro_schema(fetched.text, texts);
    if (!parsed.schema) return {nullptr, std::move(parsed.problem)};
    schema->avro = std::make_shared<const formats::AvroSchema>(std::move(*parsed.schema));
  } else if (fetched.format == formats::Format::protobuf) {
    std::vector<formats::ProtobufReference> files;
    for (const ReferencedText& reference : fetched.references) files.push_back({reference.name, reference.text});
    formats::ParsedProtobufSchema parsed = formats::parse_protobuf_schema(fetched.text, files);
    if (!parsed.schema) return {nullptr, std::move(parsed.problem)};
    schema->protobuf = std::make_shared<const formats::ProtobufSchema>(std::move(*parsed.schema));
  }
  return {std::move(schema), {}};
}

}  // namespace loom::registry
