#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace loom::infer {

/// What a text in a message may stand for.
enum class TextForm : std::uint8_t {
  timestamp,  ///< a date with a time, of ISO 8601
  date,
  time,
  uuid,
  inet,
  decimal,  ///< a number with a fraction
  integer,  ///< digits
  json,     ///< an object or a list as JSON text
  base64,   ///< long, and nothing but Base64
};
inline constexpr std::size_t kTextForms = 9;
using TextFormSet = std::bitset<kTextForms>;

/// All that it may stand for. Pure.
TextFormSet forms_of(std::string_view text);

inline bool has(const TextFormSet& forms, TextForm form) { return forms.test(static_cast<std::size_t>(form)); }

}  // namespace loom::infer
