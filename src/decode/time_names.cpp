#include "decode/time_names.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace loom::decode {
namespace {

struct Zone {
  std::string_view name;
  int hours;
};
constexpr std::array<Zone, 20> kZones{{{"utc", 0},  {"gmt", 0},  {"ut", 0},   {"z", 0},    {"est", -5},
                                       {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
                                       {"pst", -8}, {"pdt", -7}, {"wet", 0},  {"west", 1}, {"cet", 1},
                                       {"cest", 2}, {"eet", 2},  {"eest", 3}, {"msk", 3},  {"jst", 9}}};

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};

/// The whole name or its first three letters.
bool names(std::string_view word, std::string_view name) {
  return same_word(word, name) || same_word(word, name.substr(0, 3));
}

}  // namespace

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

int month_of(std::string_view word) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (names(word, kMonths[i])) return static_cast<int>(i) + 1;
  }
  return same_word(word, "sept") ? 9 : 0;
}

bool is_weekday(std::string_view word) {
  return std::any_of(kWeekdays.begin(), kWeekdays.end(), [word](std::string_view day) { return names(word, day); });
}

std::optional<int> zone_hours(std::string_view word) {
  for (const Zone& zone : kZones) {
    if (same_word(word, zone.name)) return zone.hours;
  }
  return std::nullopt;
}

bool is_universal(std::string_view word) {
  return same_word(word, "utc") || same_word(word, "gmt") || same_word(word, "ut");
}

}  // namespace loom::decode
