#include "decode/base64.h"
#include "decode/decimal_bytes.h"
#include "encode/convert_typed.h"
#include "encode/numeric.h"

namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using mapping::ColumnType;
using mapping::ValueType;

/// Its digits as text, in the scale that the mapping names. What a schema has told to be a decimal comes as one.
Conversion decimal_base64(const Value& value, Scratch& scratch, Scalar& out) {
  if (scratch.is_decimal) return numeric(value, scratch, out);
  if (value.kind != Kind::string) return Conversion::failed;
  scratch.plain.clear();
  if (!decode::decode_base64(value.text, scratch.plain) || scratch.plain.empty()) return Conversion::failed;
  scratch.bytes.clear();
  if (!decode::append_decimal(scratch.plain.view(), scratch.parameters.scale, scratch.limbs, scratch.bytes)) {
    return Conversion::out_of_range;
  }
  out.text = scratch.bytes.view();
  return from(check_numeric(out.text));
}

/// Another rule for the digits that decimal_base64() finds.
template <Convert kRule>
Conversion decoded(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = decimal_base64(value, scratch, out);
  if (done != Conversion::ok) return done;
  Value digits;
  digits.kind = Kind::string;
  digits.text = out.text;
  return kRule(digits, scratch, out);
}

/// Refuses what the column's precision does not hold once it is rounded to the column's scale.
template <Convert kRule>
Conversion limited_by_column(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = kRule(value, scratch, out);
  if (done != Conversion::ok || fits_modifier(out.text, scratch.numeric_modifier)) return done;
  return Conversion::out_of_range;
}

Convert into_limited_numeric(ValueType value) {
  if (value == ValueType::integer) return limited_by_column<numeric_from_integer>;
  if (value == ValueType::boolean) return limited_by_column<numeric_from_boolean>;
  if (value == ValueType::decimal_base64) return limited_by_column<decimal_base64>;
  return limited_by_column<numeric>;
}

}  // namespace

Convert decimal_conversion(ColumnType column, ValueType value, bool limited) {
  if (column == ColumnType::numeric && limited) return into_limited_numeric(value);
  const bool encoded = value == ValueType::decimal_base64;
  if (!encoded && value != ValueType::decimal) return nullptr;
  switch (column) {
    case ColumnType::int2:
      return encoded ? decoded<int2> : int2;
    case ColumnType::int4:
      return encoded ? decoded<int4> : int4;
    case ColumnType::int8:
      return encoded ? decoded<int8> : int8;
    case ColumnType::float4:
      return encoded ? decoded<float4> : float4;
    case ColumnType::float8:
      return encoded ? decoded<float8> : float8;
    default:  // numeric, and text and what we know by name alone: all of them take digits
      return encoded ? decimal_base64 : numeric;
  }
}

}  // namespace loom::encode::rules
