#include "decode/timestamp.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace loom::decode {
namespace {

std::string shown(Parsed parsed, std::int64_t us) {
  if (parsed == Parsed::invalid) return "invalid";
  if (parsed == Parsed::out_of_range) return "out of range";
  ByteBuffer out;
  append_timestamp(us, ' ', "", out);
  return std::string(out.view());
}

std::string iso(std::string_view text) {
  std::int64_t us = 0;
  const Parsed parsed = parse_timestamp(text, us);
  return shown(parsed, us);
}

std::string number(std::string_view text) {
  std::int64_t us = 0;
  const Parsed parsed = timestamp_from_number(text, us);
  return shown(parsed, us);
}

TEST(ParseTimestamp, AllAcceptedForms) {
  const struct {
    const char* text;
    const char* instant;
  } cases[] = {
      {"2024-05-06", "2024-05-06 00:00:00"},
      {"2024-05-06T07:08", "2024-05-06 07:08:00"},
      {"2024-05-06T07:08:09", "2024-05-06 07:08:09"},
      {"2024-05-06T07:08:09Z", "2024-05-06 07:08:09"},
      {"2024-05-06t07:08:09z", "2024-05-06 07:08:09"},
      {"2024-05-06 07:08:09.5", "2024-05-06 07:08:09.5"},
      {"2024-05-06T07:08:09,25Z", "2024-05-06 07:08:09.25"},
      {"2024-05-06T07:08:09.123456Z", "2024-05-06 07:08:09.123456"},
      {"2024-05-06T07:08:09.123456999Z", "2024-05-06 07:08:09.123457"},
      {"2024-05-06T07:08:09.1234564999Z", "2024-05-06 07:08:09.123456"},
      {"2024-05-06T07:08:09.12345650001Z", "2024-05-06 07:08:09.123457"},
      {"2024-12-31T23:59:59.9999999Z", "2025-01-01 00:00:00"},
      // As PostgreSQL has these, whose doubles lie in the middle or beside it.
      {"2024-05-06T07:08:09.1234565Z", "2024-05-06 07:08:09.123456"},
      {"2024-05-06T07:08:09.1234575Z", "2024-05-06 07:08:09.123458"},
      {"2024-05-06T07:08:09.0000005Z", "2024-05-06 07:08:09"},
      {"2024-05-06T07:08:09.0000015Z", "2024-05-06 07:08:09.000002"},
      {"2024-05-06T07:08:09.00000000000000000001Z", "2024-05-06 07:08:09"},
      {"2024-05-06T07:08:09+02:00", "2024-05-06 05:08:09"},
      {"2024-05-06T07:08:09+0200", "2024-05-06 05:08:09"},
      {"2024-05-06T07:08:09+02", "2024-05-06 05:08:09"},
      {"2024-05-06T07:08:09.5-05:30", "2024-05-06 12:38:09.5"},
      {"2024-05-06 07:08:09 +02:00", "2024-05-06 05:08:09"},
      {"2024-05-06 07:08:09 UTC", "2024-05-06 07:08:09"},
      {"2024-01-01T00:00:00+01:00", "2023-12-31 23:00:00"},
      {"2016-12-31T23:59:60Z", "2017-01-01 00:00:00"},
      {"2016-12-31T23:59:60.5Z", "2017-01-01 00:00:00.5"},
      {"2024-02-28T24:00:00Z", "2024-02-29 00:00:00"},
      {"2024-02-28T24:00", "2024-02-29 00:00:00"},
      {"0001-01-01", "0001-01-01 00:00:00"},
      {"0001-01-01T00:00:00+01:00", "0001-12-31 23:00:00 BC"},
      {"1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999"},
      {"+010000-01-01", "10000-01-01 00:00:00"},
      {"294276-12-31T23:59:59.999999Z", "294276-12-31 23:59:59.999999"},
  };
  for (const auto& c : cases) EXPECT_EQ(iso(c.text), c.instant) << c.text;
}

TEST(ParseTimestamp, BeyondPostgresIsOutOfRange) {
  for (const char* text : {"294277-01-01", "294276-12-31T24:00:00Z", "294276-12-31T23:59:60Z", "999999-01-01",
                           "99999999999-01-01", "294276-12-31T23:59:59-00:01"}) {
    EXPECT_EQ(iso(text), "out of range") << text;
  }
}

TEST(ParseTimestamp, AnythingElseIsInvalid) {
  for (const char* text : {"",
                           "now",
                           "2024",
                           "2024-05",
                           "2024-5-6",
                           "24-05-06",
                           "0000-01-01",
                           "-0044-03-15",
                           "2024-13-01",
                           "2024-00-01",
                           "2024-02-30",
                           "2023-02-29",
                           "1900-02-29",
                           "2024-05-06T",
                           "2024-05-06T07",
                           "2024-05-06T7:08",
                           "2024-05-06T25:00",
                           "2024-05-06T24:00:01",
                           "2024-05-06T07:60",
                           "2024-05-06T07:08:61",
                           "2024-05-06T07:08:09.",
                           "2024-05-06T07:08:09.Z",
                           "2024-05-06T07:08:09+",
                           "2024-05-06T07:08:09+2",
                           "2024-05-06T07:08:09+02:",
                           "2024-05-06T07:08:09+02:00x",
                           "2024-05-06T07:08:09ZZ",
                           "2024-05-06X07:08:09",
                           "2024/05/06",
                           "2024-05-06T07:08:09+99:00",
                           "2024-05-06Z"}) {
    EXPECT_EQ(iso(text), "invalid") << text;
  }
}

TEST(ParseTimestamp, EveryDayOfFiveCenturiesAgreesWithChrono) {
  using namespace std::chrono;
  const sys_days epoch = 2000y / 1 / 1;
  for (sys_days day = 1700y / 1 / 1; day < sys_days(2200y / 1 / 1); day += days(1)) {
    const year_month_day date(day);
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    std::int64_t us = 0;
    ASSERT_EQ(parse_timestamp(text, us), Parsed::ok) << text;
    ASSERT_EQ(us, (day - epoch).count() * kMicrosPerDay) << text;
    ASSERT_EQ(day_of(us), (day - epoch).count());
    ByteBuffer out;
    append_date(day_of(us), out);
    ASSERT_EQ(out.view(), text);
  }
}

TEST(ParseDate, IsTheDayAsWritten) {
  const auto day = [](std::string_view text) -> std::string {
    std::int64_t days = 0;
    const Parsed parsed = parse_date(text, days);
    if (parsed != Parsed::ok) return shown(parsed, 0);
    ByteBuffer out;
    append_date(static_cast<std::int32_t>(days), out);
    return std::string(out.view());
  };
  EXPECT_EQ(day("1990-05-01"), "1990-05-01");
  EXPECT_EQ(day("1990-05-01T00:00:00+02:00"), "1990-05-01");
  EXPECT_EQ(day("1990-05-01T23:59:59-05:00"), "1990-05-01");
  EXPECT_EQ(day("1990-05-01T24:00:00Z"), "1990-05-01");
  EXPECT_EQ(day("0001-01-01"), "0001-01-01");
  EXPECT_EQ(day("5874897-12-31"), "5874897-12-31");
  EXPECT_EQ(day("5874898-01-01"), "out of range");
  EXPECT_EQ(day("99999999999-01-01"), "out of range");
  for (const char* text : {"", "1990-02-30", "1990-05-01T", "1990-05-01T25:00", "1990-05-01x", "19900501"}) {
    EXPECT_EQ(day(text), "invalid") << text;
  }
}

TEST(TimestampFromUnit, IsExactInEveryUnit) {
  const auto unit = [](std::string_view text, int digits) {
    std::int64_t us = 0;
    const Parsed parsed = timestamp_from_unit(text, digits, us);
    return shown(parsed, us);
  };
  EXPECT_EQ(unit("253402300799", 0), "9999-12-31 23:59:59");
  EXPECT_EQ(unit("64281600000", 3), "1972-01-15 00:00:00");
  EXPECT_EQ(unit("-64281600000.5", 3), "1967-12-18 23:59:59.9995");
  EXPECT_EQ(unit("0", 0), "1970-01-01 00:00:00");
  EXPECT_EQ(unit("-0", 9), "1970-01-01 00:00:00");
  EXPECT_EQ(unit("1700000000.1234569", 0), "2023-11-14 22:13:20.123456");
  EXPECT_EQ(unit("1.7e9", 0), "2023-11-14 22:13:20");
  EXPECT_EQ(unit("1700000000123456", 6), "2023-11-14 22:13:20.123456");
  EXPECT_EQ(unit("1700000000123456.9", 6), "2023-11-14 22:13:20.123456");
  EXPECT_EQ(unit("1714979289123456789", 9), "2024-05-06 07:08:09.123456");
  EXPECT_EQ(unit("9223372036854775807", 9), "2262-04-11 23:47:16.854775");
  EXPECT_EQ(unit("-999", 9), "1970-01-01 00:00:00");
  EXPECT_EQ(unit("-1999", 9), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(unit(" 1e3 ", 3), "1970-01-01 00:00:01");
  // The ends of what a timestamp holds, the later one beyond 63 bits of microseconds since 1970.
  EXPECT_EQ(unit("9224318015999999", 3), "294276-12-31 23:59:59.999");
  EXPECT_EQ(unit("9224318016000000", 3), "out of range");
  EXPECT_EQ(unit("-210866803200", 0), "4714-11-24 00:00:00 BC");
  EXPECT_EQ(unit("-210866803200.000001", 0), "out of range");
  for (const char* text : {"1e30", "-1e30", "99999999999999999999999", "1e999999999999"}) {
    EXPECT_EQ(unit(text, 9), "out of range") << text;
  }
  for (const char* text : {"", "abc", "2024-05-06", "infinity", "NaN", "1_000"}) {
    EXPECT_EQ(unit(text, 3), "invalid") << text;
  }
}

TEST(TimestampFromNumber, TheMagnitudeTellsTheUnit) {
  const struct {
    const char* text;
    const char* instant;
  } cases[] = {
      {"0", "1970-01-01 00:00:00"},
      {"1700000000", "2023-11-14 22:13:20"},
      {"1700000000.123456", "2023-11-14 22:13:20.123456"},
      {"1700000000.1234569", "2023-11-14 22:13:20.123456"},
      {"1.7e9", "2023-11-14 22:13:20"},
      {"-1", "1969-12-31 23:59:59"},
      {"-1.5", "1969-12-31 23:59:58.5"},
      {"100000000000", "5138-11-16 09:46:40"},
      {"100000000001", "1973-03-03 09:46:40.001"},
      {"1704067200000001000", "2024-01-01 00:00:00.000001"},
      {"9223372036854775807", "2262-04-11 23:47:16.854775"},
      {"1700000000123", "2023-11-14 22:13:20.123"},
      {"1700000000123.5", "2023-11-14 22:13:20.1235"},
      {"1700000000123456", "2023-11-14 22:13:20.123456"},
      {"1700000000123456789", "2023-11-14 22:13:20.123456"},
      {"-1700000000123", "1916-02-18 01:46:39.877"},
      {"1.7e12", "2023-11-14 22:13:20"},
  };
  for (const auto& c : cases) EXPECT_EQ(number(c.text), c.instant) << c.text;
}

TEST(TimestampFromNumber, HugeOnesAreOutOfRange) {
  for (const char* text : {"1e30", "-1e30", "1e400", "99999999999999999999999999"}) {
    EXPECT_EQ(number(text), "out of range") << text;
  }
  EXPECT_EQ(number("abc"), "invalid");
}

TEST(ParseTime, IsATimeOfDay) {
  const auto time = [](std::string_view text) {
    std::int64_t us = 0;
    return parse_time(text, us) == Parsed::ok ? us : -1;
  };
  EXPECT_EQ(time("00:00"), 0);
  EXPECT_EQ(time("01:02:03.5"), 3'723'500'000);
  EXPECT_EQ(time("24:00:00"), kMicrosPerDay);
  EXPECT_EQ(time("24:00:01"), -1);
  EXPECT_EQ(time("01:02:03Z"), -1);
  EXPECT_EQ(time("1:02"), -1);
}

TEST(AppendTimestamp, YearsBeforeTheFirst) {
  ByteBuffer out;
  append_timestamp(-211'813'488'000 * kMicrosPerSecond, ' ', "+00", out);
  EXPECT_EQ(out.view(), "4714-11-24 00:00:00+00 BC");
}

TEST(AppendTimestamp, TheInfinitiesHaveNoZoneAndNoEra) {
  const auto text = [](const auto& append) {
    ByteBuffer out;
    out.append('x');
    append(out);
    return std::string(out.view());
  };
  EXPECT_EQ(text([](ByteBuffer& out) { append_timestamp(kLatest, 'T', "Z", out); }), "xinfinity");
  EXPECT_EQ(text([](ByteBuffer& out) { append_timestamp(kEarliest, ' ', "+00", out); }), "x-infinity");
  EXPECT_EQ(text([](ByteBuffer& out) { append_date(kLatestDay, out); }), "xinfinity");
  EXPECT_EQ(text([](ByteBuffer& out) { append_date(kEarliestDay, out); }), "x-infinity");
  EXPECT_EQ(text([](ByteBuffer& out) { append_date(2'145'031'948, out); }), "x5874897-12-31");
  EXPECT_EQ(text([](ByteBuffer& out) { append_date(-2'451'545, out); }), "x4714-11-24 BC");
}

}  // namespace
}  // namespace loom::decode
