#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "check.h"
#include "decode/number.h"
#include "decode/timestamp.h"
#include "decode/written_time.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using decode::Parsed;

constexpr std::int64_t kDaysOf400Years = 146'097;

std::string printed(std::int64_t us) {
  ByteBuffer out;
  decode::append_timestamp(us, 'T', "Z", out);
  return std::string(out.view());
}

/// The standard library's calendar, moved into the years that it knows: 400 years are a whole number of days.
std::string expected_date(std::int64_t day) {
  std::int64_t periods = 0;
  while (day < 0) {
    day += kDaysOf400Years;
    --periods;
  }
  periods += day / kDaysOf400Years;
  const std::chrono::sys_days since_1970{std::chrono::days{day % kDaysOf400Years + 10'957}};
  const std::chrono::year_month_day date{since_1970};
  std::int64_t year = int{date.year()} + 400 * periods;
  if (year <= 0) year = 1 - year;
  std::string text(32, '\0');
  const int size = std::snprintf(text.data(), text.size(), "%04lld-%02u-%02u", static_cast<long long>(year),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

void check_instant(std::int64_t us, const std::string& from) {
  const std::string text = printed(us);
  check(text.starts_with(expected_date(decode::day_of(us))), "a date that the calendar does not have", from + text);
  ByteBuffer date;
  decode::append_date(decode::day_of(us), date);
  check(text.starts_with(date.view().substr(0, 10)), "date and timestamp print different days", text);
  std::int64_t again = 0;
  const auto read = text.ends_with("BC") ? decode::parse_written_timestamp : decode::parse_timestamp;
  check(read(text, again) == Parsed::ok && again == us, "a timestamp's way back", from + text);
}

/// Whether a text begins with a day that the standard library's calendar has. 400 years later is the same day.
bool begins_with_a_day(const std::string& text) {
  long long year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (std::sscanf(text.c_str(), "%lld-%2u-%2u", &year, &month, &day) != 3) return false;
  const std::chrono::year of_period{static_cast<int>(year % 400) + 2000};
  return year > 0 && std::chrono::year_month_day{of_period, std::chrono::month{month}, std::chrono::day{day}}.ok();
}

/// `2024-01-31` and nothing else: where the two calendars have to agree both ways.
bool is_plain_date(const std::string& text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

/// Seconds since 1970 in 64 bits of precision, by the limits in the header.
void check_number(const std::string& text) {
  std::int64_t us = 0;
  decode::NumberParts parts;
  const bool is_number = decode::split_number(text, parts);
  const Parsed parsed = decode::timestamp_from_number(text, us);
  if (parsed != Parsed::ok) {
    check(is_number == (parsed == Parsed::out_of_range), "a number is no timestamp, or the other way round", text);
    return;
  }
  check_instant(us, text + " -> ");
  if (!is_number || text.find_first_not_of("0123456789+-.eE") != std::string::npos) return;
  const long double value = std::strtold(text.c_str(), nullptr);
  const long double size = std::fabs(value);
  const long double unit = size > 1e17L ? 1e9L : size > 1e14L ? 1e6L : size > 1e11L ? 1e3L : 1;
  // Where the limits are, one unit more or less is a matter of the last bit.
  for (const long double limit : {1e11L, 1e14L, 1e17L}) {
    if (std::fabs(size / limit - 1) < 1e-12L) return;
  }
  const long double expected = value / unit * 1e6L - static_cast<long double>(decode::kPostgresEpochUs);
  const long double allowed = 2 + std::fabs(expected) * 1e-15L;
  check(std::fabs(static_cast<long double>(us) - expected) <= allowed, "a number becomes another instant", text);
}

void check_time(const std::string& text) {
  std::int64_t us = 0;
  if (decode::parse_time(text, us) != Parsed::ok) return;
  check(us >= 0 && us <= decode::kMicrosPerDay, "a time outside of the day", text);
  ByteBuffer out;
  decode::append_time(us, out);
  std::int64_t again = 0;
  check(decode::parse_time(out.view(), again) == Parsed::ok && again == us, "a time's way back", text);
}

std::string printed_day(std::int64_t day) {
  ByteBuffer out;
  decode::append_date(static_cast<std::int32_t>(day), out);
  return std::string(out.view());
}

/// The forms that the plain parser leaves: what they say has to be within PostgreSQL's limits, to come back as it was
/// printed, and to be the same day for a date, wherever the text has no zone that moves it.
void check_written(const std::string& text) {
  std::int64_t us = 0;
  std::int64_t day = 0;
  const Parsed as_instant = decode::parse_written_timestamp(text, us);
  const Parsed as_date = decode::parse_written_date(text, day);
  check((as_instant == Parsed::invalid) == (as_date == Parsed::invalid), "a date is no timestamp, or the other way",
        text);
  if (as_instant == Parsed::ok) {
    const std::string shown = printed(us);
    std::int64_t again = 0;
    const bool is_plain = decode::parse_timestamp(shown, again) == Parsed::ok;
    check(is_plain || decode::parse_written_timestamp(shown, again) == Parsed::ok, "a printed instant is none", shown);
    check(again == us, "a written instant's way back", text + " -> " + shown);
  }
  if (as_date == Parsed::ok) {
    std::int64_t again = 0;
    const std::string shown = printed_day(day);
    const bool is_plain = decode::parse_date(shown, again) == Parsed::ok;
    check(is_plain || decode::parse_written_date(shown, again) == Parsed::ok, "a printed day is none", shown);
    check(again == day, "a written day's way back", text + " -> " + shown);
  }
  const bool finite = us != decode::kLatest && us != decode::kEarliest;
  if (as_instant == Parsed::ok && as_date == Parsed::ok && finite) {
    // No zone is further than 16 hours away, and 24:00 and a leap second are the next day's.
    const std::int64_t apart = decode::day_of(us) - day;
    check(apart >= -1 && apart <= 2, "a day and its instant lie apart", text);
  }
  if (decode::parse_written_time(text, us) == Parsed::ok) {
    check(us >= 0 && us <= decode::kMicrosPerDay, "a written time outside of the day", text);
  }
}

/// Exact units: the same instant in nanoseconds and in microseconds, as far as both are in range.
void check_units(const std::string& text) {
  std::int64_t micros = 0;
  std::int64_t nanos = 0;
  const Parsed as_micros = decode::timestamp_from_unit(text, 6, micros);
  const Parsed as_nanos = decode::timestamp_from_unit(text + "000", 9, nanos);
  if (as_micros != Parsed::ok) return;
  check_instant(micros, text + " us -> ");
  const bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  if (is_whole && as_nanos == Parsed::ok) check(micros == nanos, "a microsecond is a thousand nanoseconds", text);
}

}  // namespace

void timestamps(std::string_view bytes) {
  const std::string text(bytes);
  std::int64_t us = 0;
  const Parsed parsed = decode::parse_timestamp(text, us);
  if (is_plain_date(text)) check((parsed == Parsed::ok) == begins_with_a_day(text), "a day that is one, or none", text);
  if (parsed == Parsed::ok) {
    check_instant(us, text + " -> ");
    check(begins_with_a_day(text), "a day that no calendar has", text);
    // An hour's offset is an hour, wherever the text says nothing about its zone.
    std::int64_t moved = 0;
    if (decode::parse_timestamp(text + "+01:00", moved) == Parsed::ok) {
      check(us - moved == 3600 * decode::kMicrosPerSecond, "an offset of one hour is none", text);
    }
  }
  check_number(text);
  check_time(text);
  check_written(text);
  check_units(text);
}

}  // namespace loom::fuzz
