#include <algorithm>

#include "mapping/schema_walk.h"

namespace loom::mapping {
namespace schema_protobuf {
namespace {

using formats::ProtobufField;
using formats::ProtobufMessage;
using Type = ProtobufField::Type;
using Known = ProtobufMessage::WellKnown;
using FieldKind = SchemaField::Kind;

/// A message, a field, or one element of a repeated field.
struct Node {
  const ProtobufMessage* message = nullptr;  ///< where it is one
  const ProtobufField* field = nullptr;      ///< nullptr: the whole message
  bool repeated = false;
  bool operator==(const Node&) const = default;
};

SchemaField scalar(Type type) {
  SchemaField field;
  field.kind = FieldKind::integer;
  switch (type) {
    case Type::float64:
      field.kind = FieldKind::real;
      break;
    case Type::float32:
      field.kind = FieldKind::single;
      break;
    case Type::boolean:
      field.kind = FieldKind::boolean;
      break;
    case Type::string:
      field.kind = FieldKind::text;
      break;
    case Type::bytes:
      field.kind = FieldKind::bytes;
      break;
    case Type::enumeration:
      field.kind = FieldKind::enumeration;
      break;
    case Type::message:
    case Type::group:
      field.kind = FieldKind::object;
      break;
    case Type::uint64:
    case Type::fixed64:
      field.is_signed = false;
      break;
    case Type::uint32:
    case Type::fixed32:
      field.is_signed = false;
      field.bits = 32;
      break;
    case Type::int32:
    case Type::sint32:
    case Type::sfixed32:
      field.bits = 32;
      break;
    case Type::int64:
    case Type::sint64:
    case Type::sfixed64:
      break;
  }
  return field;
}

struct Reader {
  using Spots = std::vector<schema_walk::Spot<Node>>;

  const formats::ProtobufSchema& schema;
  const ProtobufMessage& message;

  [[nodiscard]] Spots root() const { return {{Node{&message, nullptr, false}, false, true}}; }

  [[nodiscard]] Node node_of(const ProtobufField& field, bool repeated) const {
    const bool is_message = field.type == Type::message || field.type == Type::group;
    return {is_message ? &schema.messages[field.type_index] : nullptr, &field, repeated};
  }

  /// The value of a map's entries.
  [[nodiscard]] Spots entry(const ProtobufMessage& entry) const {
    const auto value = std::ranges::find(entry.fields, 2, &ProtobufField::number);
    if (value == entry.fields.end()) return {};
    return {{node_of(*value, false), true, false}};
  }

  [[nodiscard]] Spots step(const Node& node, const PathStep& step) const {
    if (node.field != nullptr && node.repeated) {
      if (node.field->map) return step.index ? Spots{} : entry(*node.message);
      return step.index ? Spots{{node_of(*node.field, false), true, false}} : Spots{};
    }
    if (node.message == nullptr) return {};
    switch (node.message->known) {
      case Known::structure:
        return step.index ? Spots{} : Spots{{std::nullopt, true, false}};
      case Known::list_value:
        return step.index ? Spots{{std::nullopt, true, false}} : Spots{};
      case Known::value:
        return {{std::nullopt, true, false}};
      case Known::timestamp:
      case Known::duration:
      case Known::wrapper:
        return {};
      case Known::none:
      case Known::any:
      case Known::field_mask:
      case Known::empty:
        break;
    }
    if (step.index) return {};
    const auto& fields = node.message->fields;
    auto field = std::ranges::find(fields, step.name, &ProtobufField::name);
    if (field == fields.end()) field = std::ranges::find(fields, step.name, &ProtobufField::json_name);
    if (field == fields.end()) return {};
    // What has no presence is its default where it is not sent: zero, an empty list, an empty map.
    const bool certain = field->repeated || field->required || !field->has_presence;
    return {{node_of(*field, field->repeated), !certain, certain}};
  }

  [[nodiscard]] std::vector<std::string> names(const Node& node) const {
    std::vector<std::string> names;
    if (node.message == nullptr || node.repeated) return names;
    for (const auto& field : node.message->fields) names.push_back(field.name);
    return names;
  }

  [[nodiscard]] SchemaField describe(const Node& node) const {
    if (node.field == nullptr || !node.repeated) return single(node);
    SchemaField field;
    field.kind = node.field->map ? FieldKind::object : FieldKind::list;
    if (node.field->map) return field;
    const SchemaField element = single(node);
    field.element = element.kind;
    field.bits = element.bits;
    field.is_signed = element.is_signed;
    return field;
  }

  [[nodiscard]] static SchemaField single(const Node& node) {
    if (node.message == nullptr) return scalar(node.field->type);
    SchemaField field;
    field.kind = FieldKind::object;
    switch (node.message->known) {
      case Known::timestamp:
        field.kind = FieldKind::instant;
        break;
      case Known::duration:
        field.kind = FieldKind::duration;
        break;
      case Known::wrapper:
        if (!node.message->fields.empty()) field = scalar(node.message->fields[0].type);
        break;
      case Known::value:
        field.kind = FieldKind::varied;
        break;
      case Known::list_value:
        field.kind = FieldKind::list;
        field.element = FieldKind::varied;
        break;
      case Known::none:
      case Known::structure:
      case Known::any:
      case Known::field_mask:
      case Known::empty:
        break;
    }
    return field;
  }
};

}  // namespace
}  // namespace schema_protobuf

std::optional<SchemaField> protobuf_field(const formats::ProtobufSchema& schema,
                                          const formats::ProtobufMessage& message, const std::vector<PathStep>& path) {
  return schema_walk::field(schema_protobuf::Reader{schema, message}, path);
}

std::vector<std::string> protobuf_names(const formats::ProtobufSchema& schema, const formats::ProtobufMessage& message,
                                        const std::vector<PathStep>& path) {
  return schema_walk::names(schema_protobuf::Reader{schema, message}, path);
}

}  // namespace loom::mapping
