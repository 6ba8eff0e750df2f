#include "formats/avro_names.h"

#include <array>
#include <limits>

namespace loom::formats {
namespace {

struct LogicalName {
  std::string_view name;
  AvroType::Kind kind;
  AvroType::Logical logical;
  std::size_t size = 0;  ///< of fixed; 0: any
};

constexpr std::array kLogicalNames{
    LogicalName{"decimal", AvroType::Kind::bytes, AvroType::Logical::decimal},
    LogicalName{"decimal", AvroType::Kind::fixed, AvroType::Logical::decimal},
    LogicalName{"big-decimal", AvroType::Kind::bytes, AvroType::Logical::big_decimal},
    LogicalName{"uuid", AvroType::Kind::string, AvroType::Logical::uuid},
    LogicalName{"uuid", AvroType::Kind::fixed, AvroType::Logical::uuid, 16},
    LogicalName{"date", AvroType::Kind::int32, AvroType::Logical::date},
    LogicalName{"time-millis", AvroType::Kind::int32, AvroType::Logical::time_ms},
    LogicalName{"time-micros", AvroType::Kind::int64, AvroType::Logical::time_us},
    LogicalName{"timestamp-millis", AvroType::Kind::int64, AvroType::Logical::timestamp_ms},
    LogicalName{"timestamp-micros", AvroType::Kind::int64, AvroType::Logical::timestamp_us},
    LogicalName{"timestamp-nanos", AvroType::Kind::int64, AvroType::Logical::timestamp_ns},
    LogicalName{"local-timestamp-millis", AvroType::Kind::int64, AvroType::Logical::local_timestamp_ms},
    LogicalName{"local-timestamp-micros", AvroType::Kind::int64, AvroType::Logical::local_timestamp_us},
    LogicalName{"local-timestamp-nanos", AvroType::Kind::int64, AvroType::Logical::local_timestamp_ns},
    LogicalName{"duration", AvroType::Kind::fixed, AvroType::Logical::duration, 12},
};

struct PrimitiveName {
  std::string_view name;
  AvroType::Kind kind;
};

constexpr std::array kPrimitiveNames{
    PrimitiveName{"null", AvroType::Kind::null},     PrimitiveName{"boolean", AvroType::Kind::boolean},
    PrimitiveName{"int", AvroType::Kind::int32},     PrimitiveName{"long", AvroType::Kind::int64},
    PrimitiveName{"float", AvroType::Kind::float32}, PrimitiveName{"double", AvroType::Kind::float64},
    PrimitiveName{"bytes", AvroType::Kind::bytes},   PrimitiveName{"string", AvroType::Kind::string},
};

}  // namespace

std::optional<AvroType::Kind> primitive_kind(std::string_view name) {
  for (const PrimitiveName& primitive : kPrimitiveNames) {
    if (primitive.name == name) return primitive.kind;
  }
  return std::nullopt;
}

AvroType::Logical logical_type(std::string_view name, const AvroType& type) {
  for (const LogicalName& logical : kLogicalNames) {
    if (logical.name != name || logical.kind != type.kind) continue;
    if (logical.size == 0 || logical.size == type.size) return logical.logical;
  }
  return AvroType::Logical::none;
}

bool is_decimal(bool has_precision, std::int64_t precision, std::int64_t scale) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (scale < 0 || scale > kMost) return false;
  // Without a precision the bytes tell how many digits there are.
  return !has_precision || (precision > 0 && precision <= kMost && scale <= precision);
}

std::string full_name(std::string_view name, std::string_view space) {
  if (space.empty() || name.find('.') != std::string_view::npos) return std::string(name);
  return std::string(space) + "." + std::string(name);
}

std::string namespace_of(const std::string& full_name) {
  const std::size_t dot = full_name.rfind('.');
  return dot == std::string::npos ? std::string() : full_name.substr(0, dot);
}

}  // namespace loom::formats
