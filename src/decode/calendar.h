#pragma once

#include <array>
#include <cstdint>

#include "decode/parsed.h"

/// The Gregorian calendar, also for the time before it, with astronomical years: 0 is 1 BC, -1 is 2 BC. Pure.
namespace loom::decode {

// What PostgreSQL's timestamps hold, in seconds since 2000: from 4714-11-24 BC up to, not including, 294277-01-01.
inline constexpr std::int64_t kFirstSecond = -211'813'488'000;
inline constexpr std::int64_t kEndSecond = 9'223'371'331'200;
// What its dates hold, in days since 2000: from the same day up to, not including, 5874898-01-01.
inline constexpr std::int64_t kFirstDay = -2'451'545;
inline constexpr std::int64_t kEndDay = 2'145'031'949;
inline constexpr std::int64_t kFirstYear = -4713;
/// Years are cut off here while they are read: beyond every type, and far from where a day's number would overflow.
inline constexpr std::int64_t kYearClamp = 10'000'000;

// Years are counted from March, so that the leap day is the last of its year, and from 4801 BC (a multiple of 400 years
// before year 0), so that no division meets a negative number.
inline constexpr std::int64_t kShiftYears = 4800;
inline constexpr std::int64_t kDaysBeforeMarch2000 = 2'483'649;  // from 1 March of that first year to 1 March 2000

/// For years from kFirstYear to kYearClamp.
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
static_assert(days_since_2000(kFirstYear, 11, 24) == kFirstDay);
static_assert(kFirstDay * 86'400 == kFirstSecond);
static_assert(days_since_2000(294'277, 1, 1) * 86'400 == kEndSecond);

struct Date {
  std::int64_t year;
  int month;
  int day;
};

/// For days from kFirstDay on; for smaller ones it is some date, and nothing worse.
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
static_assert(date_of(kFirstDay).year == kFirstYear);

inline bool is_leap_year(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

inline int days_in_month(std::int64_t year, int month) {
  static constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[static_cast<std::size_t>(month)];
}

inline bool is_day(std::int64_t year, int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/// From seconds since 2000 and microseconds within the day, checked before they are joined so that nothing overflows.
[[gnu::always_inline]] inline Parsed join_instant(std::int64_t seconds, std::int64_t micros, std::int64_t& us) {
  constexpr std::int64_t kMicros = 1'000'000;
  seconds += micros / kMicros;
  if (seconds < kFirstSecond || seconds >= kEndSecond) return Parsed::out_of_range;
  us = seconds * kMicros + micros % kMicros;
  return Parsed::ok;
}

/// A day as PostgreSQL's date has it.
inline Parsed check_day(std::int64_t days, std::int64_t& day) {
  if (days < kFirstDay || days >= kEndDay) return Parsed::out_of_range;
  day = days;
  return Parsed::ok;
}

}  // namespace loom::decode
