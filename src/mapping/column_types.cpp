#include "mapping/column_types.h"

namespace loom::mapping {
namespace {

bool is_numeric(ColumnType type) {
  switch (type) {
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
      return true;
    default:
      return false;
  }
}

/// The types whose unit, or whose column type, the mapping names.
bool is_typed(ValueType type) { return type >= ValueType::timestamp_s; }

bool is_unit_timestamp(ValueType type) {
  return type == ValueType::timestamp_s || type == ValueType::timestamp_ms || type == ValueType::timestamp_us ||
         type == ValueType::timestamp_ns;
}

bool can_store_in_array(ValueType type, ColumnType element) {
  if (type == ValueType::array) return true;
  return type == ValueType::float_array &&
         (is_numeric(element) || element == ColumnType::text || element == ColumnType::other);
}

}  // namespace

std::string_view bare_type_name(std::string_view type_name) {
  const std::string_view name = type_name.substr(0, type_name.find('('));
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool is_number(const ColumnInfo& column) { return !column.is_array && is_numeric(column.type); }

ValueType natural_type(const ColumnInfo& column) {
  if (column.is_array) return ValueType::array;
  switch (column.type) {
    case ColumnType::boolean:
      return ValueType::boolean;
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
      return ValueType::integer;
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
      return ValueType::floating;
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
    case ColumnType::date:
      return ValueType::timestamp;
    case ColumnType::bytea:
      return ValueType::bytes;
    case ColumnType::json:
    case ColumnType::jsonb:
      return ValueType::json;
    case ColumnType::text:
    case ColumnType::time:
    case ColumnType::uuid:
    case ColumnType::inet:
    case ColumnType::cidr:
    case ColumnType::enumeration:
      return ValueType::string;
    case ColumnType::other:
      break;
  }
  const std::string_view name = bare_type_name(column.type_name);
  return name == "vector" || name == "halfvec" ? ValueType::float_array : ValueType::string;
}

ValueType asked_type(ValueType data_type, Transform transform) {
  switch (transform) {
    case Transform::none:
      return data_type;
    case Transform::base64_decode:
      return ValueType::bytes;
    case Transform::timestamp_parse:
      return ValueType::timestamp;
    case Transform::json_stringify:
    case Transform::json_parse:
      return ValueType::json;
  }
  return data_type;
}

bool takes_numbers_only(ValueType type) {
  return is_unit_timestamp(type) || type == ValueType::date_days || type == ValueType::time_ms ||
         type == ValueType::time_us || type == ValueType::time_ns || type == ValueType::interval_us;
}

bool can_store(ValueType type, const ColumnInfo& column) {
  if (column.is_array) return can_store_in_array(type, column.type);
  switch (column.type) {
    case ColumnType::text:
    case ColumnType::other:
      return true;
    case ColumnType::json:
    case ColumnType::jsonb:
      return type != ValueType::bytes && !is_typed(type);
    case ColumnType::boolean:
      return type == ValueType::boolean || type == ValueType::integer || type == ValueType::string;
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
      return type == ValueType::integer || type == ValueType::floating || type == ValueType::boolean ||
             type == ValueType::string || type == ValueType::decimal || type == ValueType::decimal_base64;
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
    case ColumnType::date:
      return type == ValueType::timestamp || type == ValueType::string || is_unit_timestamp(type) ||
             type == ValueType::date_days || type == ValueType::date;
    case ColumnType::bytea:
      return type == ValueType::bytes || type == ValueType::string;
    case ColumnType::time:
      return type == ValueType::string || type == ValueType::time || type == ValueType::time_ms ||
             type == ValueType::time_us || type == ValueType::time_ns;
    case ColumnType::uuid:
      return type == ValueType::string || type == ValueType::uuid;
    case ColumnType::inet:
    case ColumnType::cidr:
      return type == ValueType::string || type == ValueType::inet;
    case ColumnType::enumeration:
      return type == ValueType::string;
  }
  return false;
}

}  // namespace loom::mapping
