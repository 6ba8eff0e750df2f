#include <cstdio>
#include <limits>
#include <string_view>

#include "decode/calendar.h"
#include "decode/connect/infinities.h"
#include "decode/number.h"
#include "decode/timestamp.h"
#include "encode/convert_typed.h"

// Times whose unit the mapping names, and the types that are called as the columns they go into.
namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using decode::Parsed;
using mapping::ColumnType;
using mapping::ValueType;

constexpr std::int64_t kEpochDay = decode::days_since_2000(1970, 1, 1);

bool is_number_or_text(const Value& value) { return value.kind == Kind::number || value.kind == Kind::string; }

/// Whether the number stands for infinity, which `out` then is.
bool is_infinite(const Value& value, std::string_view (*name_of)(std::int64_t), Scratch& scratch, std::int64_t latest,
                 std::int64_t earliest, Scalar& out) {
  std::int64_t number = 0;
  if (!scratch.of_events) return false;
  std::string_view name = value.text;  // where a schema has told already
  if (name != "infinity" && name != "-infinity") {
    if (name.size() < 10 || decode::parse_integer(name, number) != Parsed::ok) return false;
    name = name_of(number);
  }
  if (name.empty()) return false;
  out.integer = name.starts_with('-') ? earliest : latest;
  return true;
}

template <int kDigits>
std::string_view infinite_unit(std::int64_t number) {
  return decode::infinite_time(number, kDigits);
}

template <int kDigits>
Conversion timestamp_unit(const Value& value, Scratch& scratch, Scalar& out) {
  if (!is_number_or_text(value)) return Conversion::failed;
  if (is_infinite(value, infinite_unit<kDigits>, scratch, decode::kLatest, decode::kEarliest, out))
    return Conversion::ok;
  return from(decode::timestamp_from_unit(value.text, kDigits, out.integer));
}

Conversion days(const Value& value, Scratch& scratch, Scalar& out) {
  if (!is_number_or_text(value)) return Conversion::failed;
  if (is_infinite(value, decode::infinite_date, scratch, decode::kLatestDay, decode::kEarliestDay, out)) {
    return Conversion::ok;
  }
  std::int64_t since_1970 = 0;
  const Parsed parsed = decode::parse_integer(value.text, since_1970);
  if (parsed != Parsed::ok) return from(parsed);
  // Far from what a day can be, and from where the sum would overflow.
  if (since_1970 > 2 * decode::kEndDay || since_1970 < -2 * decode::kEndDay) return Conversion::out_of_range;
  return from(decode::check_day(since_1970 + kEpochDay, out.integer));
}

template <int kDigits>
Conversion time_unit(const Value& value, Scratch&, Scalar& out) {
  if (!is_number_or_text(value)) return Conversion::failed;
  const Parsed parsed = decode::parse_scaled(value.text, 6 - kDigits, out.integer);
  if (parsed != Parsed::ok) return from(parsed);
  return out.integer >= 0 && out.integer <= decode::kMicrosPerDay ? Conversion::ok : Conversion::out_of_range;
}

/// A day, as found by another rule, as the instant at which it begins in UTC.
template <Convert kRule>
Conversion midnight_of(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = kRule(value, scratch, out);
  if (done != Conversion::ok) return done;
  if (out.integer == decode::kLatestDay || out.integer == decode::kEarliestDay) {
    out.integer = out.integer > 0 ? decode::kLatest : decode::kEarliest;
    return done;
  }
  return from(decode::join_instant(out.integer * 86'400, 0, out.integer));
}

template <Convert kRule>
Conversion day_of(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = kRule(value, scratch, out);
  if (done == Conversion::ok) out.integer = decode::day_of(out.integer);
  return done;
}

/// What `kAppend` makes of another rule's value, as text.
template <Convert kRule, void (*kAppend)(std::int64_t, ByteBuffer&)>
Conversion printed(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = kRule(value, scratch, out);
  if (done != Conversion::ok) return done;
  scratch.bytes.clear();
  kAppend(out.integer, scratch.bytes);
  out.text = scratch.bytes.view();
  return done;
}

void append_instant(std::int64_t us, ByteBuffer& out) { decode::append_timestamp(us, 'T', "Z", out); }
void append_day(std::int64_t day, ByteBuffer& out) { decode::append_date(static_cast<std::int32_t>(day), out); }
void append_time(std::int64_t us, ByteBuffer& out) { decode::append_time(us, out); }

// Hours, minutes and seconds behind one sign: no IntervalStyle reads another length into it.
void append_interval(std::int64_t us, ByteBuffer& out) {
  constexpr std::size_t kLongest = 40;
  if (us == std::numeric_limits<std::int64_t>::min()) {  // its hours, minutes and seconds are one too many to negate
    out.append(std::string_view("-9223372036854775808 microseconds"));
    return;
  }
  if (us < 0) out.append('-');
  us = us < 0 ? -us : us;
  const std::int64_t seconds = us / decode::kMicrosPerSecond;
  const auto fraction = static_cast<int>(us % decode::kMicrosPerSecond);
  const auto of_hour = static_cast<int>(seconds % 3600);
  char* const room = out.reserve(kLongest);
  int size = std::snprintf(room, kLongest, "%lld:%02d:%02d", static_cast<long long>(seconds / 3600), of_hour / 60,
                           of_hour % 60);
  if (fraction != 0) {
    const auto written = static_cast<std::size_t>(size);
    size += std::snprintf(room + written, kLongest - written, ".%06d", fraction);
  }
  out.advance(static_cast<std::size_t>(size));
}

Conversion interval_us(const Value& value, Scratch&, Scalar& out) {
  if (!is_number_or_text(value)) return Conversion::failed;
  return from(decode::parse_integer(value.text, out.integer));
}

/// Text that another rule reads is stored as it came, blanks around aside.
template <Convert kRule>
Conversion checked_text(const Value& value, Scratch& scratch, Scalar& out) {
  const Conversion done = kRule(value, scratch, out);
  if (done == Conversion::ok) out.text = decode::trim(value.text);
  return done;
}

Conversion only_text(const Value& value, Scratch& scratch, Scalar& out) {
  return value.kind == Kind::string ? text(value, scratch, out) : Conversion::failed;
}

template <int kDigits>
Convert into_instant_or_text(ColumnType column) {
  if (column == ColumnType::timestamptz || column == ColumnType::timestamp) return timestamp_unit<kDigits>;
  if (column == ColumnType::date) return day_of<timestamp_unit<kDigits>>;
  return printed<timestamp_unit<kDigits>, append_instant>;
}

template <Convert kRule>
Convert into_day_or_text(ColumnType column) {
  if (column == ColumnType::timestamptz || column == ColumnType::timestamp) return midnight_of<kRule>;
  if (column == ColumnType::date) return kRule;
  return printed<kRule, append_day>;
}

template <Convert kRule>
Convert into_time_or_text(ColumnType column) {
  return column == ColumnType::time ? Convert{kRule} : printed<kRule, append_time>;
}

}  // namespace

Convert typed_conversion(ColumnType column, ValueType value) {
  switch (value) {
    case ValueType::timestamp_s:
      return into_instant_or_text<0>(column);
    case ValueType::timestamp_ms:
      return into_instant_or_text<3>(column);
    case ValueType::timestamp_us:
      return into_instant_or_text<6>(column);
    case ValueType::timestamp_ns:
      return into_instant_or_text<9>(column);
    case ValueType::date_days:
      return into_day_or_text<days>(column);
    case ValueType::date:
      return into_day_or_text<date>(column);
    case ValueType::time_ms:
      return into_time_or_text<time_unit<3>>(column);
    case ValueType::time_us:
      return into_time_or_text<time_unit<6>>(column);
    case ValueType::time_ns:
      return into_time_or_text<time_unit<9>>(column);
    case ValueType::time:
      return into_time_or_text<time>(column);
    case ValueType::interval_us:
      return printed<interval_us, append_interval>;
    case ValueType::interval:
      return only_text;
    case ValueType::uuid:
      return column == ColumnType::uuid ? Convert{uuid} : checked_text<uuid>;
    case ValueType::inet:
      if (column == ColumnType::cidr) return cidr;
      return column == ColumnType::inet ? Convert{inet} : checked_text<inet>;
    case ValueType::decimal:
    case ValueType::decimal_base64:
    case ValueType::unspecified:
    case ValueType::string:
    case ValueType::integer:
    case ValueType::floating:
    case ValueType::boolean:
    case ValueType::timestamp:
    case ValueType::array:
    case ValueType::float_array:
    case ValueType::json:
    case ValueType::bytes:
      break;
  }
  return nullptr;
}

}  // namespace loom::encode::rules
