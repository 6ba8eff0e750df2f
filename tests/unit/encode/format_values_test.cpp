// Values of formats that know types, into columns: what holds for JSON holds for them, and nothing is lost on the way.
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "encode/column_codec.h"
#include "encode/row_builder.h"
#include "mapping/column_types.h"
#include "plan_builder.h"

namespace loom::testing {
namespace {

using namespace std::string_view_literals;
using decode::Value;
using Kind = Value::Kind;
using mapping::ColumnType;
using mapping::ValueType;

Value of_integer(Kind kind, std::int64_t integer, std::uint8_t digits = 0) {
  Value value;
  value.kind = kind;
  value.digits = digits;
  value.set_integer(integer);
  return value;
}

Value integer(std::int64_t number) { return of_integer(Kind::integer, number); }

Value real(double number, Kind kind = Kind::real) {
  Value value;
  value.kind = kind;
  value.set_real(number);
  return value;
}

Value single(float number) { return real(static_cast<double>(number), Kind::single); }

Value text(Kind kind, std::string_view bytes) {
  Value value;
  value.kind = kind;
  value.text = bytes;
  return value;
}

Value decimal(std::string_view unscaled, std::int64_t scale) {
  Value value = text(Kind::decimal, unscaled);
  value.set_integer(scale);
  return value;
}

Value enumeration(std::string_view name, std::optional<std::int64_t> number) {
  Value value = text(Kind::enumeration, name);
  value.boolean = number.has_value();
  value.set_integer(number.value_or(0));
  return value;
}

constexpr std::string_view kUuidBytes{"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF", 16};

/// The field in text form, or the conversion's failure.
std::string stored(const Value& value, ColumnType type, ValueType value_type = ValueType::unspecified,
                   std::int32_t modifier = -1, mapping::Transform transform = mapping::Transform::none) {
  mapping::PlanColumn column;
  column.info.name = "c";
  column.info.type = type;
  column.info.type_modifier = modifier;
  column.transform = transform;
  column.value_type = value_type == ValueType::unspecified ? mapping::natural_type(column.info) : value_type;
  const encode::ColumnCodec codec(column, false);
  const decode::Values none(0, 0, {});
  encode::Scratch scratch(mapping::NulPolicy::reject);
  ByteBuffer out;
  switch (codec.append(value, none, scratch, out)) {
    case encode::Conversion::ok:
      return std::string(out.view());
    case encode::Conversion::failed:
      return "failed";
    case encode::Conversion::out_of_range:
      return "out of range";
    case encode::Conversion::invalid_text:
      return "invalid text";
  }
  return {};
}

TEST(FormatValues, Integers) {
  EXPECT_EQ(stored(integer(9'223'372'036'854'775'807), ColumnType::int8), "9223372036854775807");
  EXPECT_EQ(stored(integer(-32'768), ColumnType::int2), "-32768");
  EXPECT_EQ(stored(integer(32'768), ColumnType::int2), "out of range");
  EXPECT_EQ(stored(integer(2'147'483'648), ColumnType::int4), "out of range");
  EXPECT_EQ(stored(integer(9'223'372'036'854'775'807), ColumnType::numeric), "9223372036854775807");
  EXPECT_EQ(stored(integer(16'777'217), ColumnType::float4), "16777216");
  EXPECT_EQ(stored(integer(7), ColumnType::boolean), "t");
  EXPECT_EQ(stored(integer(-7), ColumnType::text), "-7");
  EXPECT_EQ(stored(integer(-7), ColumnType::jsonb), "-7");
  EXPECT_EQ(stored(integer(1), ColumnType::uuid), "failed");
  EXPECT_EQ(stored(integer(1'700'000'000), ColumnType::timestamptz), "2023-11-14 22:13:20+00");
  EXPECT_EQ(stored(integer(1'700'000'000'000), ColumnType::timestamptz, ValueType::timestamp_ms),
            "2023-11-14 22:13:20+00");
  EXPECT_EQ(stored(integer(-1), ColumnType::date, ValueType::date_days), "1969-12-31");
  EXPECT_EQ(stored(integer(1), ColumnType::float8, ValueType::boolean), "1");
}

TEST(FormatValues, FloatingPoint) {
  EXPECT_EQ(stored(real(0.1), ColumnType::float8), "0.1");
  EXPECT_EQ(stored(real(1e300), ColumnType::float4), "out of range");
  EXPECT_EQ(stored(real(1e-300), ColumnType::float4), "out of range");
  EXPECT_EQ(stored(single(1.1F), ColumnType::float4), "1.1");
  EXPECT_EQ(stored(single(1.1F), ColumnType::float8), "1.100000023841858") << "exactly what was sent";
  EXPECT_EQ(stored(single(1.1F), ColumnType::numeric), "1.1") << "as PostgreSQL's own cast has it";
  EXPECT_EQ(stored(single(1.1F), ColumnType::text), "1.1");
  EXPECT_EQ(stored(real(-0.0), ColumnType::float8), "-0");
  EXPECT_EQ(stored(real(std::numeric_limits<double>::quiet_NaN()), ColumnType::float8), "NaN");
  EXPECT_EQ(stored(real(-std::numeric_limits<double>::infinity()), ColumnType::float4), "-Infinity");
  EXPECT_EQ(stored(real(std::numeric_limits<double>::infinity()), ColumnType::jsonb), "\"Infinity\"");
  EXPECT_EQ(stored(real(12.7), ColumnType::int4), "12") << "the fraction is cut off, as of JSON's numbers";
  EXPECT_EQ(stored(real(3e9), ColumnType::int4), "out of range");
  EXPECT_EQ(stored(real(std::numeric_limits<double>::quiet_NaN()), ColumnType::int8), "failed");
}

TEST(FormatValues, DecimalsAreExact) {
  EXPECT_EQ(stored(decimal("\x04\xCE", 2), ColumnType::numeric), "12.30");
  EXPECT_EQ(stored(decimal("\xFB\x32", 2), ColumnType::numeric), "-12.30");
  EXPECT_EQ(stored(decimal("\xFF", 2), ColumnType::numeric), "-0.01");
  EXPECT_EQ(stored(decimal(std::string_view("\0\0\x04\xCE", 4), 2), ColumnType::numeric), "12.30");
  EXPECT_EQ(stored(decimal("", 2), ColumnType::numeric), "0.00") << "of no bytes";
  EXPECT_EQ(stored(decimal("\x01\xE2\x40", 2), ColumnType::numeric), "1234.56");
  EXPECT_EQ(stored(decimal("\xFF", -5), ColumnType::numeric), "-100000");
  EXPECT_EQ(stored(decimal("\x80\0\0\0\0\0\0\0"sv, 0), ColumnType::int8), "-9223372036854775808");
  EXPECT_EQ(
      stored(decimal("\xF6\xB6\x4F\x09\x0F\xFD\xCC\xEC\x3B\xB6\x6F\xB1\x33\x98\xBA\xEB", 10), ColumnType::numeric),
      "-1234567890123456789012345678.0123456789");
  EXPECT_EQ(stored(decimal("\x04\xCE", 2), ColumnType::text), "12.30");
  EXPECT_EQ(stored(decimal("\x04\xCE", 2), ColumnType::float8), "12.3");
  EXPECT_EQ(stored(decimal("\x04\xCE", 2), ColumnType::int4), "12");
  EXPECT_EQ(stored(decimal("\x01", 2'000'000'000), ColumnType::numeric), "out of range");
  const std::int32_t of_4_2 = ((4 << 16) | 2) + 4;
  EXPECT_EQ(stored(decimal("\x01\xE2\x40", 2), ColumnType::numeric, ValueType::unspecified, of_4_2), "out of range");
  EXPECT_EQ(stored(decimal("\x04\xCE", 2), ColumnType::numeric, ValueType::unspecified, of_4_2), "12.30");
}

TEST(FormatValues, BytesAndUuids) {
  EXPECT_EQ(stored(text(Kind::bytes, "\xFF\x01"), ColumnType::bytea), "\\\\xff01");
  EXPECT_EQ(stored(text(Kind::bytes, "\xFF\x01"), ColumnType::text), "/wE=");
  EXPECT_EQ(stored(text(Kind::bytes, "\xFF\x01"), ColumnType::jsonb), "\"/wE=\"");
  EXPECT_EQ(
      stored(text(Kind::bytes, "\xFF\x01"), ColumnType::bytea, ValueType::bytes, -1, mapping::Transform::base64_decode),
      "\\\\xff01")
      << "bytes need no decoding, and a mapping that was made for JSON says so all the same";
  EXPECT_EQ(stored(text(Kind::bytes, "\x01"), ColumnType::int4), "failed");
  EXPECT_EQ(stored(text(Kind::uuid, kUuidBytes), ColumnType::uuid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(stored(text(Kind::bytes, kUuidBytes), ColumnType::uuid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(stored(text(Kind::bytes, "short"), ColumnType::uuid), "failed");
  EXPECT_EQ(stored(text(Kind::uuid, kUuidBytes), ColumnType::text), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(stored(text(Kind::bytes, "\x0A\x01\x02\x03"), ColumnType::inet), "10.1.2.3/32");
  EXPECT_EQ(stored(text(Kind::bytes, "\x0A\x01\x02"), ColumnType::inet), "failed");
}

TEST(FormatValues, Instants) {
  const Value ms = of_integer(Kind::instant, 1'767'323'045'123, 3);
  EXPECT_EQ(stored(ms, ColumnType::timestamptz), "2026-01-02 03:04:05.123+00");
  EXPECT_EQ(stored(ms, ColumnType::timestamp), "2026-01-02 03:04:05.123");
  EXPECT_EQ(stored(ms, ColumnType::date), "2026-01-02");
  EXPECT_EQ(stored(ms, ColumnType::text), "2026-01-02T03:04:05.123Z");
  EXPECT_EQ(stored(ms, ColumnType::jsonb), "\"2026-01-02T03:04:05.123Z\"");
  EXPECT_EQ(stored(ms, ColumnType::int8), "1767323045123");
  EXPECT_EQ(stored(ms, ColumnType::timestamptz, ValueType::timestamp_us), "2026-01-02 03:04:05.123+00")
      << "it knows its own unit";
  EXPECT_EQ(stored(ms, ColumnType::text, ValueType::timestamp_us), "2026-01-02T03:04:05.123Z");
  const Value ns = of_integer(Kind::instant, 1'767'323'045'123'456'789, 9);
  EXPECT_EQ(stored(ns, ColumnType::timestamptz), "2026-01-02 03:04:05.123456+00");
  EXPECT_EQ(stored(ns, ColumnType::text), "2026-01-02T03:04:05.123456789Z");
  EXPECT_EQ(stored(of_integer(Kind::instant, -1, 9), ColumnType::text), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(stored(of_integer(Kind::instant, -1, 6), ColumnType::timestamptz), "1969-12-31 23:59:59.999999+00");
  EXPECT_EQ(stored(of_integer(Kind::instant, 9'223'372'036'854'775'807, 3), ColumnType::timestamptz), "out of range");
  EXPECT_EQ(stored(of_integer(Kind::instant, 9'223'372'036'854'775'807, 3), ColumnType::text), "9223372036854775807");
  EXPECT_EQ(stored(of_integer(Kind::instant, 253'402'300'800'000'000, 6), ColumnType::timestamptz),
            "10000-01-01 00:00:00+00");
  EXPECT_EQ(stored(of_integer(Kind::instant, 9'224'318'015'999'999, 3), ColumnType::timestamptz),
            "294276-12-31 23:59:59.999+00")
      << "the last one that PostgreSQL has; 64 bits do not hold its microseconds since 1970";
  EXPECT_EQ(stored(of_integer(Kind::instant, 9'224'318'016'000'000, 3), ColumnType::timestamptz), "out of range");
  EXPECT_EQ(stored(of_integer(Kind::instant, -210'866'803'200'000, 3), ColumnType::timestamptz),
            "4714-11-24 00:00:00+00 BC");
  EXPECT_EQ(stored(of_integer(Kind::instant, -210'866'803'200'001, 3), ColumnType::timestamptz), "out of range");
  const Value local = of_integer(Kind::local_time, 1'767'323'045'123, 3);
  EXPECT_EQ(stored(local, ColumnType::timestamp), "2026-01-02 03:04:05.123");
  EXPECT_EQ(stored(local, ColumnType::text), "2026-01-02T03:04:05.123");
}

// Of Protobuf a timestamp has no unit: as a number it is of one, whatever its last digits are.
TEST(FormatValues, InstantsWithoutAUnit) {
  Value instant = of_integer(Kind::instant, -1'500'001'002, 9);
  instant.boolean = true;
  EXPECT_EQ(stored(instant, ColumnType::int8), "-1500001");
  EXPECT_EQ(stored(instant, ColumnType::numeric), "-1500001.002");
  EXPECT_EQ(stored(instant, ColumnType::text), "1969-12-31T23:59:58.499998998Z");
  EXPECT_EQ(stored(instant, ColumnType::timestamptz), "1969-12-31 23:59:58.499999+00");
  Value far = of_integer(Kind::instant, 253'402'300'799'999'999, 6);
  far.text = "9999-12-31T23:59:59.999999999Z";
  EXPECT_EQ(stored(far, ColumnType::timestamptz), "9999-12-31 23:59:59.999999+00") << "cut off, and not rounded";
  EXPECT_EQ(stored(far, ColumnType::text), "9999-12-31T23:59:59.999999999Z");
  EXPECT_EQ(stored(far, ColumnType::jsonb), "\"9999-12-31T23:59:59.999999999Z\"");
  EXPECT_EQ(stored(far, ColumnType::int8), "253402300799999999");
}

TEST(FormatValues, DatesTimesAndDurations) {
  EXPECT_EQ(stored(of_integer(Kind::date, 20'455), ColumnType::date), "2026-01-02");
  EXPECT_EQ(stored(of_integer(Kind::date, 20'455), ColumnType::timestamptz), "2026-01-02 00:00:00+00");
  EXPECT_EQ(stored(of_integer(Kind::date, 20'455), ColumnType::text), "2026-01-02");
  EXPECT_EQ(stored(of_integer(Kind::date, 20'455), ColumnType::int4), "20455");
  EXPECT_EQ(stored(of_integer(Kind::date, -719'528), ColumnType::date), "0001-01-01 BC");
  EXPECT_EQ(stored(of_integer(Kind::date, 2'147'483'647), ColumnType::date), "out of range");
  EXPECT_EQ(stored(of_integer(Kind::time, 11'045'123, 3), ColumnType::time), "03:04:05.123");
  EXPECT_EQ(stored(of_integer(Kind::time, 86'400'000'000, 6), ColumnType::time), "24:00:00");
  EXPECT_EQ(stored(of_integer(Kind::time, 90'000'000'000, 6), ColumnType::time), "out of range");
  EXPECT_EQ(stored(of_integer(Kind::time, -1, 6), ColumnType::time), "out of range");
  EXPECT_EQ(stored(of_integer(Kind::time, 90'000'000'000, 6), ColumnType::int8), "90000000000");
  EXPECT_EQ(stored(of_integer(Kind::time, 11'045'123, 3), ColumnType::text), "03:04:05.123");
  EXPECT_EQ(stored(text(Kind::duration, "P1M2DT0.003S"), ColumnType::other), "P1M2DT0.003S");
  EXPECT_EQ(stored(text(Kind::duration, "P1M2DT0.003S"), ColumnType::jsonb), "\"P1M2DT0.003S\"");
}

TEST(FormatValues, Enumerations) {
  EXPECT_EQ(stored(enumeration("RED", 2), ColumnType::text), "RED");
  EXPECT_EQ(stored(enumeration("RED", 2), ColumnType::enumeration), "RED");
  EXPECT_EQ(stored(enumeration("RED", 2), ColumnType::jsonb), "\"RED\"");
  EXPECT_EQ(stored(enumeration("RED", 2), ColumnType::int2), "2");
  EXPECT_EQ(stored(enumeration("RED", 40'000), ColumnType::int2), "out of range");
  EXPECT_EQ(stored(enumeration("RED", std::nullopt), ColumnType::int4), "failed") << "Avro's have no numbers";
}

TEST(FormatValues, AWholeMessageThatIsAListIntoAnArray) {
  mapping::PlanColumn column;
  column.info.name = "c";
  column.info.type = ColumnType::int8;
  column.info.is_array = true;
  column.info.element_oid = 20;
  column.value_type = ValueType::array;
  const encode::ColumnCodec codec(column, false);
  const decode::Values none(0, 0, {});
  encode::Scratch scratch(mapping::NulPolicy::reject);
  for (const auto& [json, field] : {std::pair{"[1,2,3]", R"({"1","2","3"})"}, {"[]", "{}"}}) {
    ByteBuffer out;
    ASSERT_EQ(codec.append(text(Kind::array, json), none, scratch, out), encode::Conversion::ok);
    EXPECT_EQ(out.view(), field);
  }
}

}  // namespace
}  // namespace loom::testing
