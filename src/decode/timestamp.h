#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_buffer.h"
#include "decode/parsed.h"

namespace loom::decode {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
/// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970-01-01.
inline constexpr std::int64_t kPostgresEpochUs = 946'684'800 * kMicrosPerSecond;

/// ISO 8601, also with a space or a lower-case `t` between date and time, a date alone, any number of decimals (those
/// beyond the sixth are cut off) and `Z`, `+02:00`, `+0200`, `+02` or nothing (UTC) behind. A 60th second is the next
/// minute's first, 24:00 the next day's midnight. Years 0001 to 294276.
/// `us`: microseconds since 2000-01-01 00:00 UTC.
Parsed parse_timestamp(std::string_view text, std::int64_t& us);

/// A number of seconds since 1970; beyond 1e11 of milliseconds, beyond 1e14 of microseconds, beyond 1e17 of
/// nanoseconds, with any decimals. `us` as above.
Parsed timestamp_from_number(std::string_view number, std::int64_t& us);

/// `12:34`, `12:34:56`, `12:34:56.789`, up to 24:00:00. Microseconds since midnight.
Parsed parse_time(std::string_view text, std::int64_t& us);

/// The day, counted from 2000-01-01, that an instant falls on in UTC.
std::int32_t day_of(std::int64_t us);

/// `2024-01-31 12:34:56.789+00`, ` BC` behind years before the first. `date_and_time`: what stands between the two;
/// `zone`: what stands behind.
void append_timestamp(std::int64_t us, char date_and_time, std::string_view zone, ByteBuffer& out);
void append_date(std::int32_t day, ByteBuffer& out);
void append_time(std::int64_t us, ByteBuffer& out);

}  // namespace loom::decode
