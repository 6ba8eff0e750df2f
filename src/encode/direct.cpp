#include "encode/direct.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "decode/parsed.h"
#include "decode/timestamp.h"
#include "decode/typed_time.h"
#include "encode/convert_rules.h"

namespace loom::encode {
namespace {

using decode::Value;
using Kind = Value::Kind;
using mapping::ColumnType;
using mapping::ValueType;

template <typename Integer>
Conversion integer_into(const Value& value, Scalar& out) {
  out.integer = value.integer();
  return std::in_range<Integer>(out.integer) ? Conversion::ok : Conversion::out_of_range;
}

/// Of an enumeration that has numbers.
template <typename Integer>
Conversion number_of_name(const Value& value, Scalar& out) {
  return value.boolean ? integer_into<Integer>(value, out) : Conversion::failed;
}

Conversion truth(const Value& value, Scalar& out) {
  out.integer = value.integer() != 0 ? 1 : 0;
  return Conversion::ok;
}

Conversion integer_into_float8(const Value& value, Scalar& out) {
  out.real = static_cast<double>(value.integer());
  return Conversion::ok;
}

Conversion integer_into_float4(const Value& value, Scalar& out) {
  out.real = static_cast<double>(static_cast<float>(value.integer()));
  return Conversion::ok;
}

Conversion real(const Value& value, Scalar& out) {
  out.real = value.real();
  return Conversion::ok;
}

// A number too large, or too small to be told from zero, is out of range, as PostgreSQL's own cast has it.
Conversion real_into_float4(const Value& value, Scalar& out) {
  const double wide = value.real();
  const auto narrow = static_cast<float>(wide);
  out.real = static_cast<double>(narrow);
  const bool lost = (std::isinf(narrow) && !std::isinf(wide)) || (narrow == 0 && wide != 0);
  return lost ? Conversion::out_of_range : Conversion::ok;
}

Conversion instant(const Value& value, Scalar& out) { return rules::from(decode::instant_of(value, out.integer)); }

Conversion day_of_instant(const Value& value, Scalar& out) {
  const Conversion done = instant(value, out);
  if (done == Conversion::ok) out.integer = decode::day_of(out.integer);
  return done;
}

Conversion date(const Value& value, Scalar& out) { return rules::from(decode::day_of_date(value, out.integer)); }

Conversion time(const Value& value, Scalar& out) { return rules::from(decode::time_of(value, out.integer)); }

Conversion uuid(const Value& value, Scalar& out) {
  if (value.text.size() != 16) return Conversion::failed;
  std::copy(value.text.begin(), value.text.end(), out.octets.begin());
  return Conversion::ok;
}

Conversion text(const Value& value, Scalar& out) {
  out.text = value.text;
  return Conversion::ok;
}

constexpr std::uint8_t kFamilyInet = 2;   // PGSQL_AF_INET, in PostgreSQL's utils/inet.h
constexpr std::uint8_t kFamilyInet6 = 3;  // PGSQL_AF_INET6

/// The bytes of an address, in network order.
template <bool kNetwork>
Conversion address(const Value& value, Scalar& out) {
  const std::size_t size = value.text.size();
  if (size != 4 && size != 16) return Conversion::failed;
  out.octets[0] = size == 4 ? kFamilyInet : kFamilyInet6;
  out.octets[1] = static_cast<std::uint8_t>(size * 8);
  out.octets[2] = kNetwork ? 1 : 0;
  out.octets[3] = static_cast<std::uint8_t>(size);
  std::copy(value.text.begin(), value.text.end(), out.octets.begin() + 4);
  return Conversion::ok;
}

template <int kDigits>
Conversion units_since_1970(const Value& value, Scalar& out) {
  Value counted = value;
  counted.digits = kDigits;
  return instant(counted, out);
}

struct Way {
  Kind kind;
  Direct direct;
};

template <std::size_t N>
constexpr DirectTable table(const Way (&ways)[N]) {
  DirectTable made{};
  for (const Way& way : ways) made[static_cast<std::size_t>(way.kind)] = way.direct;
  return made;
}

constexpr DirectTable kNone{};
constexpr DirectTable kBoolean = table({{Kind::integer, truth}});
template <typename Integer>
constexpr DirectTable kInteger = table({{Kind::integer, integer_into<Integer>},
                                        {Kind::enumeration, number_of_name<Integer>}});
constexpr DirectTable kFloat4 =
    table({{Kind::integer, integer_into_float4}, {Kind::real, real_into_float4}, {Kind::single, real}});
constexpr DirectTable kFloat8 = table({{Kind::integer, integer_into_float8}, {Kind::real, real}, {Kind::single, real}});
constexpr DirectTable kTimestamp = table({{Kind::instant, instant}, {Kind::local_time, instant}});
template <int kDigits>
constexpr DirectTable kTimestampUnit =
    table({{Kind::instant, instant}, {Kind::local_time, instant}, {Kind::integer, units_since_1970<kDigits>}});
constexpr DirectTable kDate =
    table({{Kind::date, date}, {Kind::instant, day_of_instant}, {Kind::local_time, day_of_instant}});
constexpr DirectTable kDays = table(
    {{Kind::date, date}, {Kind::instant, day_of_instant}, {Kind::local_time, day_of_instant}, {Kind::integer, date}});
constexpr DirectTable kTime = table({{Kind::time, time}});
constexpr DirectTable kUuid = table({{Kind::uuid, uuid}, {Kind::bytes, uuid}});
constexpr DirectTable kBytes = table({{Kind::bytes, text}});
constexpr DirectTable kText = table({{Kind::enumeration, text}, {Kind::duration, text}});
constexpr DirectTable kInet = table({{Kind::bytes, address<false>}});
constexpr DirectTable kCidr = table({{Kind::bytes, address<true>}});

const DirectTable& timestamps(ValueType value) {
  switch (value) {
    case ValueType::timestamp:
      return kTimestamp;
    case ValueType::timestamp_s:
      return kTimestampUnit<0>;
    case ValueType::timestamp_ms:
      return kTimestampUnit<3>;
    case ValueType::timestamp_us:
      return kTimestampUnit<6>;
    case ValueType::timestamp_ns:
      return kTimestampUnit<9>;
    default:
      return kNone;
  }
}

const DirectTable& dates(ValueType value) {
  if (value == ValueType::date_days) return kDays;
  return value == ValueType::timestamp || value == ValueType::date ? kDate : kNone;
}

bool is_time(ValueType value) {
  return value == ValueType::time || value == ValueType::time_ms || value == ValueType::time_us ||
         value == ValueType::time_ns;
}

}  // namespace

const DirectTable& direct_conversions(ColumnType column, ValueType value, bool named) {
  switch (column) {
    case ColumnType::boolean:
      return !named || value == ValueType::boolean ? kBoolean : kNone;
    case ColumnType::int2:
      return !named || value == ValueType::integer ? kInteger<std::int16_t> : kNone;
    case ColumnType::int4:
      return !named || value == ValueType::integer ? kInteger<std::int32_t> : kNone;
    case ColumnType::int8:
      return !named || value == ValueType::integer ? kInteger<std::int64_t> : kNone;
    case ColumnType::float4:
      return !named || value == ValueType::floating ? kFloat4 : kNone;
    case ColumnType::float8:
      return !named || value == ValueType::floating ? kFloat8 : kNone;
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
      return named ? timestamps(value) : kTimestamp;
    case ColumnType::date:
      return named ? dates(value) : kDate;
    case ColumnType::time:
      return !named || is_time(value) ? kTime : kNone;
    case ColumnType::uuid:
      return kUuid;
    case ColumnType::bytea:
      return kBytes;
    case ColumnType::text:
    case ColumnType::enumeration:
    case ColumnType::other:
      return !named || value == ValueType::string || value == ValueType::interval ? kText : kNone;
    case ColumnType::inet:
      return kInet;
    case ColumnType::cidr:
      return kCidr;
    case ColumnType::numeric:
    case ColumnType::json:
    case ColumnType::jsonb:
      break;
  }
  return kNone;
}

}  // namespace loom::encode
