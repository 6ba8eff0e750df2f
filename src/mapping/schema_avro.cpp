#include <algorithm>

#include "mapping/schema_walk.h"

namespace loom::mapping {
namespace schema_avro {
namespace {

using formats::AvroType;
using TypeKind = AvroType::Kind;
using Logical = AvroType::Logical;
using FieldKind = SchemaField::Kind;

struct Reader {
  using Node = std::uint32_t;
  using Spots = std::vector<schema_walk::Spot<Node>>;

  const formats::AvroSchema& schema;

  [[nodiscard]] Spots root() const { return spots(0, true); }

  /// The branches of a union, without null and without the unions in it; else the type itself.
  [[nodiscard]] Spots spots(Node type, bool required) const {
    bool nullable = false;
    std::vector<Node> types{type};
    for (std::size_t i = 0; i < types.size(); ++i) {
      const AvroType& one = schema.types[types[i]];
      if (one.kind == TypeKind::null) nullable = true;
      if (one.kind != TypeKind::choice) continue;
      for (const Node branch : one.branches) {
        if (std::find(types.begin(), types.end(), branch) == types.end()) types.push_back(branch);
      }
    }
    Spots found;
    for (const Node one : types) {
      const TypeKind kind = schema.types[one].kind;
      if (kind != TypeKind::choice && kind != TypeKind::null) found.push_back({one, nullable, required});
    }
    if (found.empty()) found.push_back({type, true, required});  // always null
    return found;
  }

  [[nodiscard]] Spots step(Node node, const PathStep& step) const {
    const AvroType& type = schema.types[node];
    if (step.index) return type.kind == TypeKind::array ? spots(type.branches[0], false) : Spots{};
    if (type.kind == TypeKind::map) return spots(type.branches[0], false);
    if (type.kind != TypeKind::record) return {};
    auto field = std::ranges::find(type.fields, step.name, &AvroType::Field::name);
    if (field == type.fields.end()) {
      field = std::ranges::find_if(type.fields, [&](const AvroType::Field& each) {
        return std::ranges::find(each.aliases, step.name) != each.aliases.end();
      });
    }
    return field == type.fields.end() ? Spots{} : spots(field->type, true);
  }

  [[nodiscard]] std::vector<std::string> names(Node node) const {
    std::vector<std::string> names;
    for (const auto& field : schema.types[node].fields) names.push_back(field.name);
    return names;
  }

  [[nodiscard]] SchemaField describe(Node node) const {
    const AvroType& type = schema.types[node];
    SchemaField field = scalar(type);
    if (field.kind != FieldKind::list) return field;
    std::optional<SchemaField> element;
    for (const auto& spot : spots(type.branches[0], true)) {
      const SchemaField one = scalar(schema.types[*spot.node]);
      element = element ? either(*element, one) : one;
    }
    field.element = element->kind;
    field.bits = element->bits;
    return field;
  }

  /// Of a list only that it is one.
  static SchemaField scalar(const AvroType& type) {
    SchemaField field;
    field.kind = logical_kind(type.logical);
    if (field.kind == FieldKind::decimal && type.logical == Logical::decimal) {
      field.precision = type.precision;
      field.scale = type.scale;
    }
    if (field.kind != FieldKind::unknown) return field;
    field.kind = kind_of(type.kind);
    if (type.kind == TypeKind::int32) field.bits = type.connect_bits != 0 ? type.connect_bits : 32;
    // As what Kafka Connect has it; bits are sent as bytes, and stay so.
    const FieldKind connect = kind_of_connect(type.connect_name.empty() ? type.name : type.connect_name);
    if (connect != FieldKind::unknown && connect != FieldKind::bits) field.kind = connect;
    return field;
  }

  static FieldKind logical_kind(Logical logical) {
    switch (logical) {
      case Logical::none:
        return FieldKind::unknown;
      case Logical::decimal:
      case Logical::big_decimal:
        return FieldKind::decimal;
      case Logical::uuid:
        return FieldKind::uuid;
      case Logical::date:
        return FieldKind::date;
      case Logical::time_ms:
      case Logical::time_us:
        return FieldKind::time;
      case Logical::timestamp_ms:
      case Logical::timestamp_us:
      case Logical::timestamp_ns:
        return FieldKind::instant;
      case Logical::local_timestamp_ms:
      case Logical::local_timestamp_us:
      case Logical::local_timestamp_ns:
        return FieldKind::local_time;
      case Logical::duration:
        return FieldKind::duration;
    }
    return FieldKind::unknown;
  }

  static FieldKind kind_of(TypeKind kind) {
    switch (kind) {
      case TypeKind::boolean:
        return FieldKind::boolean;
      case TypeKind::int32:
      case TypeKind::int64:
        return FieldKind::integer;
      case TypeKind::float32:
        return FieldKind::single;
      case TypeKind::float64:
        return FieldKind::real;
      case TypeKind::bytes:
      case TypeKind::fixed:
        return FieldKind::bytes;
      case TypeKind::string:
        return FieldKind::text;
      case TypeKind::record:
      case TypeKind::map:
        return FieldKind::object;
      case TypeKind::enumeration:
        return FieldKind::enumeration;
      case TypeKind::array:
        return FieldKind::list;
      case TypeKind::null:
      case TypeKind::choice:
        return FieldKind::unknown;
    }
    return FieldKind::unknown;
  }
};

}  // namespace
}  // namespace schema_avro

std::optional<SchemaField> avro_field(const formats::AvroSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::field(schema_avro::Reader{schema}, path);
}

std::vector<std::string> avro_names(const formats::AvroSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::names(schema_avro::Reader{schema}, path);
}

}  // namespace loom::mapping
