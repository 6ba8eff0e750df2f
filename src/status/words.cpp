#include "status/words.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace loom::status {
namespace {

/// With at most so many decimals, and none that are 0.
std::string decimals(double value, int most) {
  std::string text = fmt::format("{:.{}f}", value, most);
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return value < 0 && digits != "0" ? "-" + digits : digits;
}

}  // namespace

std::string count_words(double value) {
  constexpr double kMillion = 1e6;
  constexpr double kBillion = 1e9;
  if (std::abs(value) >= kBillion) return fmt::format("{:.2f} G", value / kBillion);
  if (std::abs(value) >= kMillion) return fmt::format("{:.2f} M", value / kMillion);
  return grouped(value);
}

std::string rate_words(double value) { return std::abs(value) < 10 ? decimals(value, 1) : count_words(value); }

std::string duration_words(double seconds) {
  if (seconds < 10) return decimals(seconds, 1) + " s";
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60));
  if (minutes < 120) return fmt::format("{} min", minutes);
  const std::int64_t hours = minutes / 60;
  if (hours >= 48) return fmt::format("{} days", std::llround(static_cast<double>(hours) / 24));
  return minutes % 60 == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes % 60);
}

std::string percent_words(double ratio) { return decimals(ratio * 100, ratio < 0.01 ? 2 : 1) + " %"; }

std::string plural(double number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count_words(number), number == 1 ? one : many);
}

std::string and_more(const std::string& first, std::size_t all) {
  return all > 1 ? fmt::format("{} and {} more", first, all - 1) : first;
}

}  // namespace loom::status
