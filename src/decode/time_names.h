#pragma once

#include <optional>
#include <string_view>

/// The words that stand in texts that name a time, in any case. Pure.
namespace loom::decode {

/// Whether the text is this word, which is in lower case.
bool same_word(std::string_view text, std::string_view lower_case);

/// 1 to 12 for a month's name or its first three letters (and `Sept`), else 0.
int month_of(std::string_view word);

/// A weekday's name, or its first three letters.
bool is_weekday(std::string_view word);

/// How many hours east of UTC the zone of this abbreviation is. Only RFC 2822's and some that mean one thing alone:
/// PostgreSQL's own list differs by installation.
std::optional<int> zone_hours(std::string_view word);

/// UTC, GMT or UT: a name that an offset may follow.
bool is_universal(std::string_view word);

}  // namespace loom::decode
