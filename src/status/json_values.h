#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "text/instant.h"

// How values of every document are written. For documents.cpp and its neighbours.
namespace loom::status {

using Json = nlohmann::ordered_json;

inline double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

/// A rate, per second. What is not finite becomes null in JSON.
inline double rate_value(double value) { return rounded(value, 1); }
inline double seconds_value(double value) { return rounded(value, 3); }

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json seconds_or_null(const std::optional<double>& value) {
  return value ? Json(seconds_value(*value)) : Json(nullptr);
}
inline Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
/// ISO 8601 with milliseconds, all three of them also when they are 0.
inline Json instant_or_null(std::int64_t wall_us) {
  if (wall_us == 0) return nullptr;
  constexpr std::int64_t kSecond = 1'000'000;
  std::string text = text::instant_text(wall_us / kSecond * kSecond);
  const std::string ms = std::to_string(1000 + wall_us % kSecond / 1000);
  text.replace(text.size() - 1, 1, "." + ms.substr(1) + "Z");
  return text;
}

/// Text that is not UTF-8 (a key, a server's message) shows U+FFFD in its place instead of failing the document.
inline std::string text_of(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace loom::status
