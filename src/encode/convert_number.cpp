#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "decode/number.h"
#include "encode/convert_rules.h"
#include "encode/numeric.h"

namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using decode::Parsed;

bool is_number_or_string(const Value& value) { return value.kind == Kind::number || value.kind == Kind::string; }

/// Whether the text is the word or begins it, in any case: at least `least` letters of it.
bool begins(std::string_view text, std::string_view lower_case, std::size_t least) {
  return text.size() >= least && text.size() <= lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

/// As PostgreSQL reads a boolean: every beginning that is one word's only. -1: it is none.
int boolean_in(std::string_view text) {
  if (begins(text, "true", 1) || begins(text, "yes", 1) || begins(text, "on", 2) || text == "1") return 1;
  if (begins(text, "false", 1) || begins(text, "no", 1) || begins(text, "off", 2) || text == "0") return 0;
  return -1;
}

template <typename Integer>
Conversion integer(const Value& value, Scalar& out) {
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

Conversion boolean(const Value& value, Scratch&, Scalar& out) {
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
      out.integer = boolean_in(decode::trim(value.text));
      return out.integer < 0 ? Conversion::failed : Conversion::ok;
    }
    default:  // lists and objects; typed values come in their plain form
      return Conversion::failed;
  }
}

Conversion int2(const Value& value, Scratch&, Scalar& out) { return integer<std::int16_t>(value, out); }
Conversion int4(const Value& value, Scratch&, Scalar& out) { return integer<std::int32_t>(value, out); }
Conversion int8(const Value& value, Scratch&, Scalar& out) { return integer<std::int64_t>(value, out); }

Conversion float8(const Value& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  return from(decode::parse_double(value.text, out.real));
}

Conversion float4(const Value& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  float narrow = 0;
  const Parsed parsed = decode::parse_float(value.text, narrow);
  out.real = static_cast<double>(narrow);
  return from(parsed);
}

Conversion numeric(const Value& value, Scratch&, Scalar& out) {
  if (!is_number_or_string(value)) return Conversion::failed;
  out.text = decode::trim(value.text);
  return from(check_numeric(out.text));
}

Conversion float_from_integer(const Value& value, Scratch&, Scalar& out) {
  const Conversion done = integer<std::int64_t>(value, out);
  if (done == Conversion::ok) out.real = static_cast<double>(out.integer);
  return done;
}

Conversion numeric_from_integer(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = integer<std::int64_t>(value, out);
  if (done == Conversion::ok) print(out.integer, scratch, out);
  return done;
}

Conversion float_from_boolean(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) out.real = static_cast<double>(out.integer);
  return done;
}

Conversion numeric_from_boolean(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) print(out.integer, scratch, out);
  return done;
}

Conversion text_integer(const Value& value, Scratch& scratch, Scalar& out) {
  return numeric_from_integer(value, scratch, out);
}

Conversion text_number(const Value& value, Scratch& scratch, Scalar& out) { return numeric(value, scratch, out); }

Conversion text_boolean(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = boolean(value, scratch, out);
  if (done == Conversion::ok) out.text = out.integer != 0 ? "true" : "false";
  return done;
}

}  // namespace loom::encode::rules
