#include "decode/number.h"
#include "decode/timestamp.h"
#include "encode/convert_rules.h"

namespace loom::encode::rules {
namespace {

using Kind = JsonValue::Kind;
using decode::Parsed;

}  // namespace

Conversion timestamp(const JsonValue& value, Scratch&, Scalar& out) {
  if (value.kind == Kind::number) return from(decode::timestamp_from_number(value.text, out.integer));
  if (value.kind != Kind::string) return Conversion::failed;
  Parsed parsed = decode::parse_timestamp(value.text, out.integer);
  if (parsed != Parsed::invalid) return from(parsed);
  const std::string_view text = decode::trim(value.text);
  parsed = decode::timestamp_from_number(text, out.integer);
  if (parsed != Parsed::invalid || text.size() == value.text.size()) return from(parsed);
  return from(decode::parse_timestamp(text, out.integer));
}

Conversion date(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = timestamp(value, scratch, out);
  if (done == Conversion::ok) out.integer = decode::day_of(out.integer);
  return done;
}

Conversion time(const JsonValue& value, Scratch&, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  return from(decode::parse_time(decode::trim(value.text), out.integer));
}

// ISO text is stored as it came, once it is known to be a timestamp; a number becomes ISO text in UTC.
Conversion text_timestamp(const JsonValue& value, Scratch& scratch, Scalar& out) {
  const Conversion done = timestamp(value, scratch, out);
  if (done != Conversion::ok) return done;
  decode::NumberParts ignored;
  if (value.kind == Kind::string && !decode::split_number(value.text, ignored)) {
    out.text = value.text;
    return done;
  }
  scratch.bytes.clear();
  decode::append_timestamp(out.integer, 'T', "Z", scratch.bytes);
  out.text = scratch.bytes.view();
  return done;
}

}  // namespace loom::encode::rules
