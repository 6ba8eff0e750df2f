#include <algorithm>
#include <array>
#include <utility>

#include "mapping/schema_walk.h"

namespace loom::mapping {
namespace schema_connect {
namespace {

using formats::ConnectType;
using TypeKind = ConnectType::Kind;
using Kind = SchemaField::Kind;

/// What a value of a logical type is, whatever it is written as.
/// https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-data-types
constexpr std::array<std::pair<std::string_view, Kind>, 23> kLogical{
    {{"org.apache.kafka.connect.data.Decimal", Kind::decimal},
     {"org.apache.kafka.connect.data.Date", Kind::date},
     {"org.apache.kafka.connect.data.Time", Kind::time},
     {"org.apache.kafka.connect.data.Timestamp", Kind::local_time},
     {"io.debezium.data.VariableScaleDecimal", Kind::decimal},
     {"io.debezium.data.Bits", Kind::bits},
     {"io.debezium.data.Json", Kind::object},
     {"io.debezium.data.Uuid", Kind::uuid},
     {"io.debezium.data.Enum", Kind::enumeration},
     {"io.debezium.time.Date", Kind::date},
     {"io.debezium.time.IsoDate", Kind::date},
     {"io.debezium.time.Time", Kind::time},
     {"io.debezium.time.MicroTime", Kind::time},
     {"io.debezium.time.NanoTime", Kind::time},
     {"io.debezium.time.IsoTime", Kind::time},
     {"io.debezium.time.Timestamp", Kind::local_time},
     {"io.debezium.time.MicroTimestamp", Kind::local_time},
     {"io.debezium.time.NanoTimestamp", Kind::local_time},
     {"io.debezium.time.IsoTimestamp", Kind::local_time},
     {"io.debezium.time.ZonedTimestamp", Kind::instant},
     {"io.debezium.time.MicroDuration", Kind::duration},
     {"io.debezium.time.NanoDuration", Kind::duration},
     {"io.debezium.time.Interval", Kind::duration}}};

Kind kind_of(const ConnectType& type) {
  if (const Kind logical = kind_of_connect(type.name); logical != Kind::unknown) return logical;
  switch (type.kind) {
    case TypeKind::unknown:
      return Kind::unknown;
    case TypeKind::boolean:
      return Kind::boolean;
    case TypeKind::integer:
      return Kind::integer;
    case TypeKind::real:
      return type.bits == 32 ? Kind::single : Kind::real;
    case TypeKind::text:
      return Kind::text;
    case TypeKind::bytes:
      return Kind::bytes;
    case TypeKind::list:
      return Kind::list;
    case TypeKind::map:
    case TypeKind::object:
      return Kind::object;
  }
  return Kind::unknown;
}

struct Reader {
  using Node = std::uint32_t;
  using Spots = std::vector<schema_walk::Spot<Node>>;

  const formats::ConnectSchema& schema;

  [[nodiscard]] Spots root() const { return spot(0, true); }
  [[nodiscard]] Spots spot(Node node, bool required) const {
    return {{node, schema.types.at(node).optional, required}};
  }

  [[nodiscard]] Spots step(Node node, const PathStep& step) const {
    const ConnectType& type = schema.types.at(node);
    if (step.index) return type.items ? spot(*type.items, false) : Spots{};
    if (type.kind == TypeKind::map) return {{std::nullopt, true, false}};
    const auto field = schema.field(node, step.name);
    return field ? spot(*field, true) : Spots{};
  }

  [[nodiscard]] std::vector<std::string> names(Node node) const {
    std::vector<std::string> names;
    for (const auto& field : schema.types.at(node).fields) names.push_back(field.name);
    return names;
  }

  [[nodiscard]] SchemaField describe(Node node) const {
    const ConnectType& type = schema.types.at(node);
    SchemaField field;
    field.kind = kind_of(type);
    if (type.bits != 0) field.bits = type.bits;
    if (field.kind == Kind::decimal && type.precision) {
      field.precision = *type.precision;
      field.scale = type.scale.value_or(0);
    }
    if (field.kind != Kind::list || !type.items) return field;
    const ConnectType& item = schema.types.at(*type.items);
    field.element = kind_of(item);
    if (item.bits != 0) field.bits = item.bits;
    return field;
  }
};

}  // namespace
}  // namespace schema_connect

SchemaField::Kind kind_of_connect(std::string_view name) {
  for (const auto& [known, kind] : schema_connect::kLogical) {
    if (known == name) return kind;
  }
  return SchemaField::Kind::unknown;
}

std::optional<SchemaField> connect_field(const formats::ConnectSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::field(schema_connect::Reader{schema}, path);
}

std::vector<std::string> connect_names(const formats::ConnectSchema& schema, const std::vector<PathStep>& path) {
  return schema_walk::names(schema_connect::Reader{schema}, path);
}

}  // namespace loom::mapping
