#include "decode/timestamp.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "decode/calendar.h"
#include "decode/number.h"
#include "decode/time_reader.h"

namespace loom::decode {
namespace {

constexpr std::int64_t kPostgresEpochSeconds = kPostgresEpochUs / kMicrosPerSecond;

/// Four digits or more, the year's; a plus before them as ISO 8601 wants it beyond 9999.
bool read_year(TimeReader& reader, std::int64_t& year) {
  reader.take('+');
  const char* const begin = reader.at;
  year = 0;
  while (reader.at != reader.end && static_cast<unsigned char>(*reader.at - '0') <= 9) {
    year = std::min<std::int64_t>(year * 10 + (*reader.at - '0'), kYearClamp);
    ++reader.at;
  }
  return reader.at - begin >= 4 && year > 0;
}

// Two callers: without the attribute each message would pay for the call.
[[gnu::always_inline]] inline bool read_date(TimeReader& reader, std::int64_t& days) {
  std::int64_t year = 0;
  int month = 0;
  int day = 0;
  if (!read_year(reader, year) || !reader.take('-') || !reader.two_digits(month) || !reader.take('-') ||
      !reader.two_digits(day)) {
    return false;
  }
  if (!is_day(year, month, day)) return false;
  days = days_since_2000(year, month, day);
  return true;
}

[[gnu::always_inline]] inline bool read_time(TimeReader& reader, std::int64_t& us) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction = 0;
  if (!reader.two_digits(hour) || !reader.take(':') || !reader.two_digits(minute)) return false;
  if (reader.take(':')) {
    if (!reader.two_digits(second)) return false;
    if ((reader.take('.') || reader.take(',')) && !reader.micros(fraction)) return false;
  }
  if (hour > 24 || minute > 59 || second > 60) return false;
  us = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + fraction;
  return hour < 24 || us == kMicrosPerDay;
}

[[gnu::always_inline]] inline bool read_zone(TimeReader& reader, std::int64_t& offset_seconds) {
  offset_seconds = 0;
  if (reader.left() == 0) return true;
  if (reader.take('Z') || reader.take('z')) return reader.left() == 0;
  if (*reader.at == ' ') {
    // `2024-01-31 12:00:00 +02:00` and `... UTC`, as several languages print them.
    ++reader.at;
    const std::string_view rest(reader.at, reader.left());
    if (rest == "UTC" || rest == "Z") return true;
  }
  const bool west = reader.left() != 0 && *reader.at == '-';
  if (!reader.take('+') && !reader.take('-')) return false;
  int hours = 0;
  int minutes = 0;
  if (!reader.two_digits(hours)) return false;
  if (reader.left() != 0) {
    reader.take(':');
    if (!reader.two_digits(minutes)) return false;
  }
  if (reader.left() != 0 || hours > 15 || minutes > 59) return false;
  offset_seconds = std::int64_t{hours * 60 + minutes} * 60;
  if (west) offset_seconds = -offset_seconds;
  return true;
}

/// An integer's magnitude in 19 digits at most, and its first decimals: enough for every unit below.
bool small_parts(const NumberParts& parts, std::int64_t& integer, std::int64_t& micros) {
  if (parts.exponent != 0) return false;
  if (parts.integer.size() > 19) return false;
  std::uint64_t magnitude = 0;  // 19 digits fit; not all of them into an int64
  for (const char c : parts.integer) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  if (magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  integer = static_cast<std::int64_t>(magnitude);
  micros = 0;
  if (parts.fraction.empty()) return true;
  std::int64_t scale = 100'000;
  for (const char c : parts.fraction) {  // those beyond the sixth are cut off
    micros += scale * (c - '0');
    scale /= 10;
  }
  return true;
}

void append_two(int value, char*& p) {
  *p++ = static_cast<char>('0' + value / 10);
  *p++ = static_cast<char>('0' + value % 10);
}

char* write_date(const Date& date, char* p) {
  const std::int64_t year = date.year > 0 ? date.year : 1 - date.year;
  for (std::int64_t limit = 1000; year < limit && limit > 1; limit /= 10) *p++ = '0';
  p = std::to_chars(p, p + 8, year).ptr;
  *p++ = '-';
  append_two(date.month, p);
  *p++ = '-';
  append_two(date.day, p);
  return p;
}

char* write_time(std::int64_t us, char* p) {
  const auto seconds = static_cast<int>(us / kMicrosPerSecond);
  append_two(seconds / 3600, p);
  *p++ = ':';
  append_two(seconds / 60 % 60, p);
  *p++ = ':';
  append_two(seconds % 60, p);
  auto fraction = static_cast<int>(us % kMicrosPerSecond);
  if (fraction == 0) return p;
  *p++ = '.';
  for (int scale = 100'000; fraction != 0; scale /= 10) {
    *p++ = static_cast<char>('0' + fraction / scale);
    fraction %= scale;
  }
  return p;
}

constexpr std::size_t kLongestTimestamp = 64;

/// One comparison tells the years that need nothing more: from 1 to `last`.
bool is_common(const Date& date, std::int64_t last) {
  return static_cast<std::uint64_t>(date.year - 1) < static_cast<std::uint64_t>(last);
}

/// Puts right what was written from `begin` on for a year before the first, or for no year at all.
[[gnu::cold]] void finish_uncommon(const Date& date, bool earliest, bool latest, std::size_t begin, ByteBuffer& out) {
  if (earliest || latest) {
    out.truncate(begin);
    out.append(std::string_view(latest ? "infinity" : "-infinity"));
  } else if (date.year <= 0) {
    out.append(std::string_view(" BC"));
  }
}

}  // namespace

std::int64_t round_micros(std::int64_t micros, const char*& at, const char* end) {
  const char* const digits = at - 6;
  const char next = *at;
  while (at != end && static_cast<unsigned char>(*at - '0') <= 9) ++at;
  if (next != '5') return micros + (next > '5' ? 1 : 0);
  // Near the middle the database's own arithmetic decides, so that both round alike: a double, to the even side.
  constexpr std::ptrdiff_t kEnough = 40;
  const std::string fraction = "0." + std::string(digits, digits + std::min(at - digits, kEnough));
  double value = 0;
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), value);
  return static_cast<std::int64_t>(std::nearbyint(value * 1e6));
}

Parsed parse_timestamp(std::string_view text, std::int64_t& us) {
  TimeReader reader{text.data(), text.data() + text.size()};
  std::int64_t days = 0;
  std::int64_t micros = 0;
  std::int64_t offset = 0;
  if (!read_date(reader, days)) return Parsed::invalid;
  if (reader.left() != 0) {
    if (!reader.take('T') && !reader.take(' ') && !reader.take('t')) return Parsed::invalid;
    if (!read_time(reader, micros) || !read_zone(reader, offset)) return Parsed::invalid;
  }
  return join_instant(days * 86'400 - offset, micros, us);
}

Parsed parse_date(std::string_view text, std::int64_t& day) {
  TimeReader reader{text.data(), text.data() + text.size()};
  std::int64_t days = 0;
  if (!read_date(reader, days)) return Parsed::invalid;
  if (reader.left() != 0) {
    std::int64_t micros = 0;
    std::int64_t offset = 0;
    if (!reader.take('T') && !reader.take(' ') && !reader.take('t')) return Parsed::invalid;
    if (!read_time(reader, micros) || !read_zone(reader, offset)) return Parsed::invalid;
  }
  return check_day(days, day);
}

Parsed timestamp_from_unit(std::string_view number, int per_second_digits, std::int64_t& us) {
  NumberParts parts;
  if (!split_number(number, parts)) return Parsed::invalid;
  parts.exponent += 6 - per_second_digits;
  std::uint64_t magnitude = 0;
  if (!integer_part(parts, magnitude)) return Parsed::out_of_range;
  // The instant counts from 2000, the number from 1970: both ends are compared before the step between them.
  constexpr auto kEpoch = static_cast<std::uint64_t>(kPostgresEpochUs);
  constexpr std::uint64_t kEnd = static_cast<std::uint64_t>(kEndSecond * kMicrosPerSecond) + kEpoch;
  constexpr std::uint64_t kFirst = static_cast<std::uint64_t>(-kFirstSecond * kMicrosPerSecond) - kEpoch;
  if (parts.negative ? magnitude > kFirst : magnitude >= kEnd) return Parsed::out_of_range;
  us = static_cast<std::int64_t>((parts.negative ? 0 - magnitude : magnitude) - kEpoch);
  return Parsed::ok;
}

Parsed timestamp_from_number(std::string_view number, std::int64_t& us) {
  NumberParts parts;
  if (!split_number(number, parts)) return Parsed::invalid;
  std::int64_t integer = 0;
  std::int64_t decimals = 0;  // of the integer's unit, in millionths
  std::int64_t seconds = 0;
  std::int64_t micros = 0;
  if (small_parts(parts, integer, decimals)) {
    // "Over 1e11": 100000000000 itself is still seconds, 100000000000.5 is not.
    const auto over = [&](std::int64_t limit) { return integer > limit || (integer == limit && decimals != 0); };
    if (over(100'000'000'000'000'000)) {
      seconds = integer / 1'000'000'000;
      micros = integer % 1'000'000'000 / 1000;
    } else if (over(100'000'000'000'000)) {
      seconds = integer / kMicrosPerSecond;
      micros = integer % kMicrosPerSecond;
    } else if (over(100'000'000'000)) {
      seconds = integer / 1000;
      micros = integer % 1000 * 1000 + decimals / 1000;
    } else {
      seconds = integer;
      micros = decimals;
    }
  } else {
    double value = 0;
    if (const Parsed parsed = parse_double(number, value); parsed != Parsed::ok) return parsed;
    value = std::fabs(value);
    const double unit = value > 1e17 ? 1e9 : value > 1e14 ? 1e6 : value > 1e11 ? 1e3 : 1;
    if (value / unit > 1e13) return Parsed::out_of_range;
    double whole = 0;
    micros = static_cast<std::int64_t>(std::modf(value / unit, &whole) * 1e6);
    seconds = static_cast<std::int64_t>(whole);
  }
  if (parts.negative) {
    seconds = -seconds;
    micros = -micros;
  }
  return join_instant(seconds - kPostgresEpochSeconds, micros, us);
}

Parsed parse_time(std::string_view text, std::int64_t& us) {
  TimeReader reader{text.data(), text.data() + text.size()};
  if (!read_time(reader, us) || reader.left() != 0) return Parsed::invalid;
  return us <= kMicrosPerDay ? Parsed::ok : Parsed::invalid;
}

std::int32_t day_of(std::int64_t us) {
  const std::int64_t day = us / kMicrosPerDay - (us % kMicrosPerDay < 0 ? 1 : 0);
  return static_cast<std::int32_t>(day);
}

void append_timestamp(std::int64_t us, char date_and_time, std::string_view zone, ByteBuffer& out) {
  constexpr std::int64_t kLastYear = 294'276;
  const std::int32_t day = day_of(us);
  const Date date = date_of(day);
  const std::size_t start = out.size();
  char* const begin = out.reserve(kLongestTimestamp);
  char* p = write_date(date, begin);
  *p++ = date_and_time;
  // Without a sign, since the day of -infinity begins before the first instant that 64 bits hold.
  const std::uint64_t midnight = static_cast<std::uint64_t>(day) * static_cast<std::uint64_t>(kMicrosPerDay);
  p = write_time(static_cast<std::int64_t>(static_cast<std::uint64_t>(us) - midnight), p);
  out.advance(static_cast<std::size_t>(p - begin));
  out.append(zone);
  if (!is_common(date, kLastYear)) finish_uncommon(date, us == kEarliest, us == kLatest, start, out);
}

void append_date(std::int32_t day, ByteBuffer& out) {
  constexpr std::int64_t kLastYear = 5'874'897;
  const Date date = date_of(day);
  const std::size_t start = out.size();
  char* const begin = out.reserve(kLongestTimestamp);
  out.advance(static_cast<std::size_t>(write_date(date, begin) - begin));
  if (!is_common(date, kLastYear)) finish_uncommon(date, day == kEarliestDay, day == kLatestDay, start, out);
}

void append_time(std::int64_t us, ByteBuffer& out) {
  char* const begin = out.reserve(kLongestTimestamp);
  out.advance(static_cast<std::size_t>(write_time(us, begin) - begin));
}

}  // namespace loom::decode
