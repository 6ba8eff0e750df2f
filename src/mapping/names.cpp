#include "mapping/catalog.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

std::string_view to_string(ValueType type) {
  switch (type) {
    case ValueType::unspecified:
      return "unspecified";
    case ValueType::string:
      return "string";
    case ValueType::integer:
      return "integer";
    case ValueType::floating:
      return "float";
    case ValueType::boolean:
      return "boolean";
    case ValueType::timestamp:
      return "timestamp";
    case ValueType::array:
      return "array";
    case ValueType::float_array:
      return "float_array";
    case ValueType::json:
      return "json";
    case ValueType::bytes:
      return "bytes";
    case ValueType::timestamp_s:
      return "timestamp_s";
    case ValueType::timestamp_ms:
      return "timestamp_ms";
    case ValueType::timestamp_us:
      return "timestamp_us";
    case ValueType::timestamp_ns:
      return "timestamp_ns";
    case ValueType::date_days:
      return "date_days";
    case ValueType::time_ms:
      return "time_ms";
    case ValueType::time_us:
      return "time_us";
    case ValueType::time_ns:
      return "time_ns";
    case ValueType::interval_us:
      return "interval_us";
    case ValueType::decimal:
      return "decimal";
    case ValueType::decimal_base64:
      return "decimal_base64";
    case ValueType::uuid:
      return "uuid";
    case ValueType::date:
      return "date";
    case ValueType::time:
      return "time";
    case ValueType::interval:
      return "interval";
    case ValueType::inet:
      return "inet";
  }
  return "unknown";
}

std::string_view to_string(Transform transform) {
  switch (transform) {
    case Transform::none:
      return "none";
    case Transform::base64_decode:
      return "base64_decode";
    case Transform::timestamp_parse:
      return "timestamp_parse";
    case Transform::json_stringify:
      return "json_stringify";
    case Transform::json_parse:
      return "json_parse";
  }
  return "unknown";
}

std::string_view to_string(ConflictStrategy strategy) {
  switch (strategy) {
    case ConflictStrategy::ignore:
      return "ignore";
    case ConflictStrategy::update:
      return "update";
    case ConflictStrategy::replace:
      return "replace";
  }
  return "unknown";
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string TableName::quoted() const {
  return schema.empty() ? quote_identifier(name) : quote_identifier(schema) + "." + quote_identifier(name);
}

std::string TableName::display() const {
  const auto shown = [](const std::string& part) {
    return part.find_first_of(".\"") == std::string::npos ? part : quote_identifier(part);
  };
  return schema.empty() ? shown(name) : shown(schema) + "." + shown(name);
}

const ColumnInfo* TableInfo::find(const std::string& column) const {
  for (const auto& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  return nullptr;
}

}  // namespace loom::mapping
