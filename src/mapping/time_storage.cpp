#include "mapping/time_storage.h"

#include <charconv>

#include "mapping/choices.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {
namespace {

// More than this many of a unit, and PostgreSQL's INTERVAL or a timestamp beside it would overflow.
constexpr std::int64_t kMostOfAUnit = 1'000'000'000;

constexpr Choices<TimeUnit, 25> kUnits(
    {{{"s", TimeUnit::second},      {"sec", TimeUnit::second},     {"secs", TimeUnit::second},
      {"second", TimeUnit::second}, {"seconds", TimeUnit::second}, {"min", TimeUnit::minute},
      {"mins", TimeUnit::minute},   {"minute", TimeUnit::minute},  {"minutes", TimeUnit::minute},
      {"h", TimeUnit::hour},        {"hour", TimeUnit::hour},      {"hours", TimeUnit::hour},
      {"d", TimeUnit::day},         {"day", TimeUnit::day},        {"days", TimeUnit::day},
      {"w", TimeUnit::week},        {"week", TimeUnit::week},      {"weeks", TimeUnit::week},
      {"mon", TimeUnit::month},     {"mons", TimeUnit::month},     {"month", TimeUnit::month},
      {"months", TimeUnit::month},  {"y", TimeUnit::year},         {"year", TimeUnit::year},
      {"years", TimeUnit::year}}});

}  // namespace

std::string_view to_string(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::number:
      return "";
    case TimeUnit::second:
      return "second";
    case TimeUnit::minute:
      return "minute";
    case TimeUnit::hour:
      return "hour";
    case TimeUnit::day:
      return "day";
    case TimeUnit::week:
      return "week";
    case TimeUnit::month:
      return "month";
    case TimeUnit::year:
      return "year";
  }
  return "";
}

std::string TimeLength::text() const {
  if (unit == TimeUnit::number) return std::to_string(count);
  return std::to_string(count) + " " + std::string(to_string(unit)) + (count == 1 ? "" : "s");
}

std::string TimeLength::sql() const { return unit == TimeUnit::number ? text() : "INTERVAL '" + text() + "'"; }

std::optional<TimeLength> parse_time_length(std::string_view text) {
  text = trimmed(text);
  TimeLength length;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length.count);
  if (error != std::errc() || length.count < 1) return std::nullopt;
  const std::string unit(trimmed({end, static_cast<std::size_t>(text.data() + text.size() - end)}));
  if (unit.empty()) {
    length.unit = TimeUnit::number;
    return length;
  }
  const auto known = kUnits.find(unit);
  if (!known || length.count > kMostOfAUnit) return std::nullopt;
  length.unit = *known;
  return length;
}

}  // namespace loom::mapping
