#include "encode/convert.h"

#include "encode/convert_rules.h"
#include "encode/convert_typed.h"

namespace loom::encode {
namespace {

using mapping::ColumnType;
using mapping::Transform;
using mapping::ValueType;

Convert into_text(ValueType value, Transform transform) {
  switch (transform) {
    case Transform::base64_decode:
      return rules::text_base64;
    case Transform::timestamp_parse:
      return rules::text_timestamp;
    case Transform::json_stringify:
      return rules::text_json;
    case Transform::json_parse:
      return rules::json_parsed;
    case Transform::none:
      break;
  }
  switch (value) {
    case ValueType::integer:
      return rules::text_integer;
    case ValueType::floating:
      return rules::text_number;
    case ValueType::boolean:
      return rules::text_boolean;
    case ValueType::timestamp:
      return rules::text_timestamp;
    case ValueType::array:
      return rules::text_list;
    case ValueType::float_array:
      return rules::text_float_list;
    case ValueType::json:
      return rules::text_json;
    default:  // string and bytes; the types of convert_typed.h do not get here
      return rules::text;
  }
  return rules::text;
}

Convert into_integer(ColumnType column, ValueType value) {
  if (value == ValueType::boolean) return rules::boolean;  // 0 and 1 fit them all
  if (column == ColumnType::int2) return rules::int2;
  return column == ColumnType::int4 ? rules::int4 : rules::int8;
}

Convert into_bytes(Transform transform) {
  switch (transform) {
    case Transform::base64_decode:
      return rules::bytes_base64;
    case Transform::json_stringify:
      return rules::bytes_json;
    case Transform::timestamp_parse:
    case Transform::json_parse:
    case Transform::none:
      break;
  }
  return rules::bytes;
}

}  // namespace

Convert choose_conversion(ColumnType column, ValueType value, Transform transform, bool limited) {
  if (transform == Transform::none || column == ColumnType::numeric) {
    if (const Convert chosen = rules::decimal_conversion(column, value, limited)) return chosen;
  }
  if (transform == Transform::none) {
    if (const Convert chosen = rules::typed_conversion(column, value)) return chosen;
  }
  const bool lists = value == ValueType::array || value == ValueType::float_array;
  switch (column) {
    case ColumnType::text:
    case ColumnType::enumeration:
    case ColumnType::other:
      return into_text(value, transform);
    case ColumnType::boolean:
      return rules::boolean;
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
      return into_integer(column, value);
    case ColumnType::float4:
    case ColumnType::float8:
      if (value == ValueType::integer) return rules::float_from_integer;
      if (value == ValueType::boolean) return rules::float_from_boolean;
      return column == ColumnType::float4 ? rules::float4 : rules::float8;
    case ColumnType::numeric:
      if (value == ValueType::integer) return rules::numeric_from_integer;
      if (value == ValueType::boolean) return rules::numeric_from_boolean;
      return rules::numeric;
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
      return rules::timestamp;
    case ColumnType::date:
      return rules::date;
    case ColumnType::time:
      return rules::time;
    case ColumnType::uuid:
      return rules::uuid;
    case ColumnType::bytea:
      return into_bytes(transform);
    case ColumnType::json:
    case ColumnType::jsonb:
      if (transform == Transform::json_parse) return rules::json_parsed;
      return lists ? rules::json_list : rules::json;
    case ColumnType::inet:
      return rules::inet;
    case ColumnType::cidr:
      return rules::cidr;
  }
  return rules::text;
}

}  // namespace loom::encode
