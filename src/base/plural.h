#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace loom {

/// The word that goes with a number: `agree(1, "was", "were")`.
template <std::integral Number>
constexpr std::string_view agree(Number number, std::string_view one, std::string_view many) {
  return number == 1 ? one : many;
}

/// A number with its noun: `1 topic`, `0 topics`, `12 topics`; `plural(2, "batch", "batches")`.
template <std::integral Number>
std::string plural(Number number, std::string_view one, std::string_view many = {}) {
  if (number == 1 || !many.empty()) return fmt::format("{} {}", number, agree(number, one, many));
  return fmt::format("{} {}s", number, one);
}

}  // namespace loom
