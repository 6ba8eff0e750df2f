#pragma once

#include <cstdint>

#include "decode/parsed.h"
#include "decode/value.h"

/// Times that come as a count of units, as PostgreSQL counts them. Pure.
namespace loom::decode {

/// Of an instant or a local time: microseconds since 2000-01-01; what is less than a microsecond is cut off (towards
/// 1970), as timestamp_from_unit() has it.
Parsed instant_of(const Value& value, std::int64_t& us);

/// Of a date: days since 2000-01-01.
Parsed day_of_date(const Value& value, std::int64_t& day);

/// Of a time of day: microseconds since midnight, up to 24:00.
Parsed time_of(const Value& value, std::int64_t& us);

}  // namespace loom::decode
