#include "decode/typed_time.h"

#include "decode/calendar.h"
#include "decode/timestamp.h"

namespace loom::decode {
namespace {

constexpr std::int64_t power_of_ten(int exponent) { return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1); }

constexpr std::int64_t kSecondsTo2000 = kPostgresEpochUs / kMicrosPerSecond;

/// In microseconds. False: it does not fit.
bool in_micros(std::int64_t count, int digits, std::int64_t& us) {
  if (digits >= 6) {
    us = count / power_of_ten(digits - 6);
    return true;
  }
  return !__builtin_mul_overflow(count, power_of_ten(6 - digits), &us);
}

}  // namespace

Parsed instant_of(const Value& value, std::int64_t& us) {
  // Microseconds since 1970 would not reach the years that those since 2000 do.
  std::int64_t count = value.integer();
  int digits = value.digits;
  if (digits > 6) {
    count /= power_of_ten(digits - 6);
    digits = 6;
  }
  if (__builtin_sub_overflow(count, kSecondsTo2000 * power_of_ten(digits), &count)) return Parsed::out_of_range;
  if (!in_micros(count, digits, us)) return Parsed::out_of_range;
  const bool fits = us >= kFirstSecond * kMicrosPerSecond && us < kEndSecond * kMicrosPerSecond;
  return fits ? Parsed::ok : Parsed::out_of_range;
}

Parsed day_of_date(const Value& value, std::int64_t& day) {
  if (__builtin_add_overflow(value.integer(), days_since_2000(1970, 1, 1), &day)) return Parsed::out_of_range;
  return day >= kFirstDay && day < kEndDay ? Parsed::ok : Parsed::out_of_range;
}

Parsed time_of(const Value& value, std::int64_t& us) {
  if (value.integer() < 0 || !in_micros(value.integer(), value.digits, us)) return Parsed::out_of_range;
  return us <= kMicrosPerDay ? Parsed::ok : Parsed::out_of_range;
}

}  // namespace loom::decode
