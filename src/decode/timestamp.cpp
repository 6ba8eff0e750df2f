#include "decode/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "decode/number.h"

namespace loom::decode {
namespace {

// What PostgreSQL's timestamps hold, in seconds since 2000: from 4714-11-24 BC up to, not including, 294277-01-01.
constexpr std::int64_t kFirstSecond = -211'813'488'000;
constexpr std::int64_t kEndSecond = 9'223'371'331'200;
constexpr std::int64_t kPostgresEpochSeconds = kPostgresEpochUs / kMicrosPerSecond;

/// A cursor over text; every function that reads leaves it where it was when it fails.
struct Reader {
  const char* at;
  const char* end;

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end - at); }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool two_digits(int& value) {
    if (left() < 2) return false;
    const unsigned tens = static_cast<unsigned char>(at[0] - '0');
    const unsigned ones = static_cast<unsigned char>(at[1] - '0');
    if (tens > 9 || ones > 9) return false;
    value = static_cast<int>(tens * 10 + ones);
    at += 2;
    return true;
  }
  /// Any number of digits; those beyond the sixth are dropped.
  bool micros(std::int64_t& value) {
    const char* const begin = at;
    std::int64_t scale = 100'000;
    value = 0;
    for (; at != end && static_cast<unsigned char>(*at - '0') <= 9; ++at) {
      value += scale * (*at - '0');
      scale /= 10;
    }
    return at != begin;
  }
};

// Years are counted from March, so that the leap day is the last of its year, and from 4801 BC (a multiple of 400 years
// before year 0), so that no division meets a negative number.
constexpr std::int64_t kShiftYears = 4800;
constexpr std::int64_t kDaysBeforeMarch2000 = 2'483'649;  // from 1 March of that first year to 1 March 2000

constexpr std::int64_t days_since_2000(std::int64_t year, int month, int day) {
  const std::int64_t y = year + kShiftYears - (month < 3 ? 1 : 0);
  const std::int64_t months_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * months_from_march + 2) / 5 + day - 1;
  // 60 days lie between 1 January and 1 March of 2000, a leap year.
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - kDaysBeforeMarch2000 + 60;
}
static_assert(days_since_2000(2000, 1, 1) == 0);
static_assert(days_since_2000(2000, 3, 1) == 60);
static_assert(days_since_2000(1970, 1, 1) == -10957);
static_assert(days_since_2000(2024, 2, 29) == 8825);
static_assert(days_since_2000(-4713, 11, 24) * 86'400 == kFirstSecond);
static_assert(days_since_2000(294'277, 1, 1) * 86'400 == kEndSecond);

struct Date {
  std::int64_t year;
  int month;
  int day;
};

constexpr Date date_of(std::int64_t days) {
  constexpr std::int64_t kEra = 146'097;  // days in 400 years
  const std::int64_t shifted = days - 60 + kDaysBeforeMarch2000;
  const std::int64_t era = shifted / kEra;
  const std::int64_t day_of_era = shifted % kEra;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * from_march + 2) / 5) + 1;
  const int month = static_cast<int>(from_march < 10 ? from_march + 3 : from_march - 9);
  return {era * 400 + year_of_era - kShiftYears + (month < 3 ? 1 : 0), month, day};
}
static_assert(date_of(0).year == 2000 && date_of(0).month == 1 && date_of(0).day == 1);
static_assert(date_of(8825).year == 2024 && date_of(8825).month == 2 && date_of(8825).day == 29);
static_assert(date_of(days_since_2000(-4713, 11, 24)).year == -4713);

int days_in_month(std::int64_t year, int month) {
  static constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month)];
}

/// Four digits or more, the year's; a plus before them as ISO 8601 wants it beyond 9999.
bool read_year(Reader& reader, std::int64_t& year) {
  reader.take('+');
  const char* const begin = reader.at;
  year = 0;
  while (reader.at != reader.end && static_cast<unsigned char>(*reader.at - '0') <= 9) {
    year = std::min<std::int64_t>(year * 10 + (*reader.at - '0'), 1'000'000);
    ++reader.at;
  }
  return reader.at - begin >= 4 && year > 0;
}

bool read_date(Reader& reader, std::int64_t& days) {
  std::int64_t year = 0;
  int month = 0;
  int day = 0;
  if (!read_year(reader, year) || !reader.take('-') || !reader.two_digits(month) || !reader.take('-') ||
      !reader.two_digits(day)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  days = days_since_2000(year, month, day);
  return true;
}

bool read_time(Reader& reader, std::int64_t& us) {
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

bool read_zone(Reader& reader, std::int64_t& offset_seconds) {
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

/// From seconds since 2000 and microseconds within the day, checked before they are joined so that nothing overflows.
Parsed join(std::int64_t seconds, std::int64_t micros, std::int64_t& us) {
  seconds += micros / kMicrosPerSecond;
  if (seconds < kFirstSecond || seconds >= kEndSecond) return Parsed::out_of_range;
  us = seconds * kMicrosPerSecond + micros % kMicrosPerSecond;
  return Parsed::ok;
}

/// An integer's magnitude in 19 digits at most, and its first decimals: enough for every unit below.
bool small_parts(const NumberParts& parts, std::int64_t& integer, std::int64_t& micros) {
  if (parts.exponent != 0) return false;
  if (parts.integer.size() > 19) return false;
  std::uint64_t magnitude = 0;  // 19 digits fit; not all of them into an int64
  for (const char c : parts.integer) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  if (magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  integer = static_cast<std::int64_t>(magnitude);
  Reader reader{parts.fraction.data(), parts.fraction.data() + parts.fraction.size()};
  micros = 0;
  if (!parts.fraction.empty()) reader.micros(micros);
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

}  // namespace

Parsed parse_timestamp(std::string_view text, std::int64_t& us) {
  Reader reader{text.data(), text.data() + text.size()};
  std::int64_t days = 0;
  std::int64_t micros = 0;
  std::int64_t offset = 0;
  if (!read_date(reader, days)) return Parsed::invalid;
  if (reader.left() != 0) {
    if (!reader.take('T') && !reader.take(' ') && !reader.take('t')) return Parsed::invalid;
    if (!read_time(reader, micros) || !read_zone(reader, offset)) return Parsed::invalid;
  }
  return join(days * 86'400 - offset, micros, us);
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
  return join(seconds - kPostgresEpochSeconds, micros, us);
}

Parsed parse_time(std::string_view text, std::int64_t& us) {
  Reader reader{text.data(), text.data() + text.size()};
  if (!read_time(reader, us) || reader.left() != 0) return Parsed::invalid;
  return us <= kMicrosPerDay ? Parsed::ok : Parsed::invalid;
}

std::int32_t day_of(std::int64_t us) {
  const std::int64_t day = us / kMicrosPerDay - (us % kMicrosPerDay < 0 ? 1 : 0);
  return static_cast<std::int32_t>(day);
}

void append_timestamp(std::int64_t us, char date_and_time, std::string_view zone, ByteBuffer& out) {
  const std::int32_t day = day_of(us);
  const Date date = date_of(day);
  char* const begin = out.reserve(kLongestTimestamp);
  char* p = write_date(date, begin);
  *p++ = date_and_time;
  p = write_time(us - day * kMicrosPerDay, p);
  out.advance(static_cast<std::size_t>(p - begin));
  out.append(zone);
  if (date.year <= 0) out.append(" BC");
}

void append_date(std::int32_t day, ByteBuffer& out) {
  const Date date = date_of(day);
  char* const begin = out.reserve(kLongestTimestamp);
  out.advance(static_cast<std::size_t>(write_date(date, begin) - begin));
  if (date.year <= 0) out.append(" BC");
}

void append_time(std::int64_t us, ByteBuffer& out) {
  char* const begin = out.reserve(kLongestTimestamp);
  out.advance(static_cast<std::size_t>(write_time(us, begin) - begin));
}

}  // namespace loom::decode
