#pragma once

#include <cstdint>
#include <string_view>

#include "decode/parsed.h"

/// The forms of time that parse_timestamp(), parse_date() and parse_time() leave, for when these found nothing: slower,
/// and more than a message of the common kind ever needs. Blanks around are passed over. Pure.
///
/// ISO 8601's basic form (`20240506T070809Z`), days of a year (`2024-127`), years before the first (`-0043-03-15`,
/// `0044-03-15 BC`), `infinity`; RFC 2822, asctime, Java's and browsers' Date.toString, PostgreSQL's own
/// `06-May-2024` and `May 6, 2024 7:08 AM UTC`. Behind a time: AM or PM, an offset with seconds, one of the
/// abbreviations of zones in time_names.cpp, a zone's name in brackets after the offset, a comment in parentheses
/// after the zone. Names may be in any case. A weekday is not compared with the date.
///
/// Never: a date of digits alone whose order only DateStyle knows (05/06/2024), years of two digits, weeks.
namespace loom::decode {

/// `us`: microseconds since 2000-01-01 00:00 UTC, UTC where the text has no zone; kLatest and kEarliest for infinity.
Parsed parse_written_timestamp(std::string_view text, std::int64_t& us);

/// The day as written, whatever the zone. `day`: since 2000-01-01; kLatestDay and kEarliestDay for infinity.
Parsed parse_written_date(std::string_view text, std::int64_t& day);

/// A time of day, with or without `T`, a date before it or a zone behind it, which change nothing.
/// `us`: since midnight, up to 24:00.
Parsed parse_written_time(std::string_view text, std::int64_t& us);

/// Whether a text may be a date, or date and time, of ISO 8601's basic form although it is a number too.
bool is_basic_form(std::string_view text);

}  // namespace loom::decode
