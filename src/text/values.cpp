#include "text/values.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace loom::text {
namespace {

/// "1.5 MiB" -> 1.5 and "mib".
struct Quantity {
  double number = 0;
  std::string unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trim(text);
  Quantity quantity;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (error != std::errc{} || !std::isfinite(quantity.number) || quantity.number < 0) return std::nullopt;
  quantity.unit = lower(trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  return quantity;
}

template <typename Table>
std::optional<double> scaled(const std::optional<Quantity>& quantity, const Table& units) {
  if (!quantity) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (quantity->unit == name) return quantity->number * factor;
  }
  return std::nullopt;
}

using Unit = std::pair<std::string_view, double>;

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_switch(std::string_view text) {
  const std::string word = lower(trim(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

std::optional<double> parse_ratio(std::string_view text) {
  constexpr std::array<Unit, 2> kUnits{{{"", 1.0}, {"%", 0.01}}};
  return scaled(parse_quantity(text), kUnits);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 4> kUnits{{{"", 1000.0}, {"s", 1000.0}, {"ms", 1.0}, {"m", 60'000.0}}};
  const auto value = scaled(parse_quantity(text), kUnits);
  if (!value || *value > 1e12) return std::nullopt;
  return std::chrono::milliseconds(std::llround(*value));
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  constexpr double kKi = 1024.0;
  constexpr std::array<Unit, 11> kUnits{{{"", 1.0},
                                         {"b", 1.0},
                                         {"k", kKi},
                                         {"kb", kKi},
                                         {"kib", kKi},
                                         {"m", kKi * kKi},
                                         {"mb", kKi * kKi},
                                         {"mib", kKi * kKi},
                                         {"g", kKi * kKi * kKi},
                                         {"gb", kKi * kKi * kKi},
                                         {"gib", kKi * kKi * kKi}}};
  const auto value = scaled(parse_quantity(text), kUnits);
  if (!value || *value > 1e15) return std::nullopt;
  return static_cast<std::size_t>(std::llround(*value));
}

}  // namespace loom::text
