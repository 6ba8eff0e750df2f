#include "decode/number.h"
#include "decode/timestamp.h"
#include "decode/written_time.h"
#include "encode/convert_rules.h"

namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using decode::Parsed;

/// What parse_timestamp() left: digits that are a date, then numbers, then the forms that are rare.
Parsed other_timestamp(std::string_view text, std::int64_t& us) {
  const std::string_view trimmed = decode::trim(text);
  if (decode::is_basic_form(trimmed)) {
    const Parsed parsed = decode::parse_written_timestamp(trimmed, us);
    if (parsed != Parsed::invalid) return parsed;
  }
  Parsed parsed = decode::timestamp_from_number(trimmed, us);
  if (parsed != Parsed::invalid) return parsed;
  if (trimmed.size() != text.size()) parsed = decode::parse_timestamp(trimmed, us);
  return parsed != Parsed::invalid ? parsed : decode::parse_written_timestamp(trimmed, us);
}

Parsed day_of_number(std::string_view number, std::int64_t& day) {
  std::int64_t us = 0;
  const Parsed parsed = decode::timestamp_from_number(number, us);
  if (parsed == Parsed::ok) day = decode::day_of(us);
  return parsed;
}

Parsed other_date(std::string_view text, std::int64_t& day) {
  const std::string_view trimmed = decode::trim(text);
  if (decode::is_basic_form(trimmed)) {
    const Parsed parsed = decode::parse_written_date(trimmed, day);
    if (parsed != Parsed::invalid) return parsed;
  }
  Parsed parsed = day_of_number(trimmed, day);
  if (parsed != Parsed::invalid) return parsed;
  if (trimmed.size() != text.size()) parsed = decode::parse_date(trimmed, day);
  return parsed != Parsed::invalid ? parsed : decode::parse_written_date(trimmed, day);
}

}  // namespace

Conversion timestamp(const Value& value, Scratch&, Scalar& out) {
  if (value.kind == Kind::number) return from(decode::timestamp_from_number(value.text, out.integer));
  if (value.kind != Kind::string) return Conversion::failed;
  const Parsed parsed = decode::parse_timestamp(value.text, out.integer);
  if (parsed != Parsed::invalid) return from(parsed);
  return from(other_timestamp(value.text, out.integer));
}

// A text's day is the one that it names, as PostgreSQL's own cast has it: whoever writes a birthday with a zone means
// that day, and not the one before it in UTC. A number names no day, so that it is taken in UTC.
Conversion date(const Value& value, Scratch&, Scalar& out) {
  if (value.kind == Kind::number) return from(day_of_number(value.text, out.integer));
  if (value.kind != Kind::string) return Conversion::failed;
  const Parsed parsed = decode::parse_date(value.text, out.integer);
  if (parsed != Parsed::invalid) return from(parsed);
  return from(other_date(value.text, out.integer));
}

Conversion time(const Value& value, Scratch&, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  const Parsed parsed = decode::parse_time(decode::trim(value.text), out.integer);
  return from(parsed != Parsed::invalid ? parsed : decode::parse_written_time(value.text, out.integer));
}

// ISO text is stored as it came, once it is known to be a timestamp; anything else becomes ISO text in UTC.
Conversion text_timestamp(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind == Kind::string) {
    out.text = value.text;
    const Parsed parsed = decode::parse_timestamp(decode::trim(value.text), out.integer);
    if (parsed != Parsed::invalid) return from(parsed);
  }
  const Conversion done = timestamp(value, scratch, out);
  if (done != Conversion::ok) return done;
  scratch.bytes.clear();
  decode::append_timestamp(out.integer, 'T', "Z", scratch.bytes);
  out.text = scratch.bytes.view();
  return done;
}

}  // namespace loom::encode::rules
