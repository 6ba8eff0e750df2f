#include "samples/schema_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "formats/schema.h"

namespace loom::samples {
namespace {
namespace schema_file {

using formats::ProtobufField;
using formats::ProtobufMessage;
using formats::ProtobufSchema;

class MessageComparison {
 public:
  MessageComparison(const ProtobufSchema& a, const ProtobufSchema& b) : a_(a), b_(b) {}

  bool same(const ProtobufMessage& a, const ProtobufMessage& b) {
    if (!compared_.insert({&a, &b}).second) return true;
    return a.known == b.known &&
           std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                      [this](const ProtobufField& one, const ProtobufField& other) { return same(one, other); });
  }

 private:
  bool same(const ProtobufField& a, const ProtobufField& b) {
    if (a.number != b.number || a.name != b.name || a.json_name != b.json_name || a.type != b.type) return false;
    if (a.repeated != b.repeated || a.map != b.map || a.has_presence != b.has_presence) return false;
    const bool is_message = a.type == ProtobufField::Type::message || a.type == ProtobufField::Type::group;
    return !is_message || same(a_.messages[a.type_index], b_.messages[b.type_index]);
  }

  const ProtobufSchema& a_;
  const ProtobufSchema& b_;
  std::set<std::pair<const ProtobufMessage*, const ProtobufMessage*>> compared_;
};

bool same_json(const std::string& a, const std::string& b) {
  const auto of_a = nlohmann::json::parse(a, nullptr, false);
  const auto of_b = nlohmann::json::parse(b, nullptr, false);
  return !of_a.is_discarded() && of_a == of_b;
}

bool same_message(const SampleSchema& schema, const mapping::MessageFormat& format) {
  const ProtobufSchema& of_file = *format.schema->protobuf;
  const ProtobufMessage* const message = of_file.find(format.message);
  const formats::ParsedProtobufSchema derived = formats::parse_protobuf_schema(schema.text);
  if (message == nullptr || !derived.schema || derived.schema->top.empty()) return false;
  const ProtobufMessage& root = derived.schema->messages[derived.schema->top.front().message];
  return MessageComparison(*derived.schema, of_file).same(root, *message);
}

}  // namespace schema_file
}  // namespace

bool is_schema_of_file(const SampleSchema& schema, const mapping::MessageFormat& format) {
  if (format.schema == nullptr || format.schema->format != schema.format) return false;
  return schema.format == formats::Format::protobuf ? schema_file::same_message(schema, format)
                                                    : schema_file::same_json(schema.text, format.schema->text);
}

}  // namespace loom::samples
