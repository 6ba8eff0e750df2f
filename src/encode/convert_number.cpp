#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "decode/number.h"
#include "encode/convert_rules.h"
#include "encode/numeric.h"

namespace loom::encode::rules {
namespace {

using Kind = JsonValue::Kind;
using decode::Parsed;

bool is_number_or_string(const JsonValue& value) { return value.kind == Kind::number || value.kind == Kind::string; }

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

template <typename Integer>
Conversion integer(const JsonValue& value, Scalar& out) {
  if (value.kind == Kind::boolean) {
    out.integer = value.boolean ? 1 : 0;
    return Conversion::ok;
  }
  if (!is_number_or_string(value)) return Conversion::failed;
  const Parsed parsed = decode::parse_integer(value.text, out.integer);
  if (parsed != Parsed::ok) return from(parsed);
  return std::in_range<Integer>(out.integer) ? Conversion::ok : Conversion::out_of_range;
}

/// The integer as digits in the scratch buffer.
void print(std::int64_t value, Scratch& scratch, Scalar& out) {
  constexpr std::size_t kLongest = 24;
  scratch.bytes.clear();
  char* const room = scratch.bytes.reserve(kLongest);
  const auto end = std::to_chars(room, room + kLongest, value).ptr;
  out.text = {room, static_cast<std::size_t>(end - room)};
}

}  // namespace

Conversion boolean(const JsonValue& value, Scratch&, Scalar& out) {
  switch (value.kind) {
    case Kind::boolean:
      out.integer = value.boolean ? 1 : 0;
      return Conversion::ok;
    case Kind::number: {
      decode::NumberParts parts;
      if (!decode::split_number(value.text, parts)) return Conversion::failed;
      out.integer = parts.is_zero() ? 0 : 1;
      return Conversion::ok;
    }
    case Kind::string: {
      const std::string_view text = decode::trim(value.text);
      const auto is = [text](std::string_view word) { return same_word(text, word); };
      out.integer = is("true") || is("1") || is("yes") || is("on") ? 1 : 0;
      if (out.integer == 1 || text.empty() || is("false") || is("0") || is("no") || is("off")) return Conversion::ok;
      return Conversion::failed;
    }
    case Kind::absent:
    case Kind::null:
    case Kind::array:
    case Kind::object:
      break;
  }
  return Conversion::failed;
}

Conversion int2(const JsonValue& value, Scratch&, Scalar& out) { return integer<std::int16_t>(value, out); }
Conversion int4(const JsonValue& value, Scratch&, Scalar& out) { return integer<std::int32_t>(value, out); }
Conversion int8(const JsonValue& value, Scratch&, Scalar& out) { return integer<std::int64_t>(value, out); }

Conversion float8(const JsonValue& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  return from(decode::parse_double(value.text, out.real));
}

Conversion float4(const JsonValue& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  float narrow = 0;
  const Parsed parsed = decode::parse_float(value.text, narrow);
  out.real = static_cast<double>(narrow);
  return from(parsed);
}

Conversion numeric(const JsonValue& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  out.text = decode::trim(value.text);
  return from(check_numeric(out.text));
}

Conversion float_from_integer(const JsonValue& value, Scratch&, Scalar& out) {
  const Conversion done = integer<std::int64_t>(value, out);
  if (done == Conversion::ok) out.real = static_cast<double>(out.integer);
  return done;
}

Conversion numeric_from_integer(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = integer<std::int64_t>(value, out);
  if (done == Conversion::ok) print(out.integer, scratch, out);
  return done;
}

Conversion float_from_boolean(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) out.real = static_cast<double>(out.integer);
  return done;
}

Conversion numeric_from_boolean(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) print(out.integer, scratch, out);
  return done;
}

Conversion text_integer(const JsonValue& value, Scratch& scratch, Scalar& out) {
  return numeric_from_integer(value, scratch, out);
}

Conversion text_number(const JsonValue& value, Scratch& scratch, Scalar& out) { return numeric(value, scratch, out); }

Conversion text_boolean(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) out.text = out.integer != 0 ? "true" : "false";
  return done;
}

}  // namespace loom::encode::rules
