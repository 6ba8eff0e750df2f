#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/byte_buffer.h"
#include "decode/parsed.h"

namespace loom::decode {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
/// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970-01-01.
inline constexpr std::int64_t kPostgresEpochUs = 946'684'800 * kMicrosPerSecond;

/// What PostgreSQL stores for infinity and -infinity: in timestamps, and as the day of a date.
inline constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int32_t kLatestDay = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int32_t kEarliestDay = std::numeric_limits<std::int32_t>::min();

/// ISO 8601, also with a space or a lower-case `t` between date and time, a date alone, any number of decimals (those
/// beyond the sixth round it) and `Z`, `+02:00`, `+0200`, `+02` or nothing (UTC) behind. A 60th second is the next
/// minute's first, 24:00 the next day's midnight. Years 0001 to 294276. The forms that nearly every message has; the
/// rest is in written_time.h.
/// `us`: microseconds since 2000-01-01 00:00 UTC.
Parsed parse_timestamp(std::string_view text, std::int64_t& us);

/// The same texts, for the day as it is written, whatever the zone: years 0001 to 5874897.
/// `day`: since 2000-01-01.
Parsed parse_date(std::string_view text, std::int64_t& day);

/// A number of seconds since 1970; beyond 1e11 of milliseconds, beyond 1e14 of microseconds, beyond 1e17 of
/// nanoseconds, with any decimals. What is less than a microsecond is cut off. `us` as above.
Parsed timestamp_from_number(std::string_view number, std::int64_t& us);

/// A number of units since 1970, of which a second has 10^per_second_digits: 0 for seconds, 9 for nanoseconds. Exact:
/// what is less than a microsecond is cut off (towards 1970). `us` as above.
Parsed timestamp_from_unit(std::string_view number, int per_second_digits, std::int64_t& us);

/// `12:34`, `12:34:56`, `12:34:56.789`, up to 24:00:00. Microseconds since midnight.
Parsed parse_time(std::string_view text, std::int64_t& us);

/// The day, counted from 2000-01-01, that an instant falls on in UTC. Not for kLatest and kEarliest.
std::int32_t day_of(std::int64_t us);

/// `2024-01-31 12:34:56.789+00`, ` BC` behind years before the first; `infinity` and `-infinity`. `date_and_time`: what
/// stands between the two; `zone`: what stands behind.
void append_timestamp(std::int64_t us, char date_and_time, std::string_view zone, ByteBuffer& out);
void append_date(std::int32_t day, ByteBuffer& out);
void append_time(std::int64_t us, ByteBuffer& out);

}  // namespace loom::decode
