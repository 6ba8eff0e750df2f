#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/byte_buffer.h"
#include "mapping/mapping_file.h"

namespace loom::decode {

/// Whether the token is a number by JSON's grammar, from its first to its last character. Always inline: where the
/// compiler chooses, a new caller elsewhere makes the decoder's loop call it.
[[gnu::always_inline]] inline bool is_json_number(std::string_view token);

/// What unescape() found.
struct Unescaped {
  std::size_t size = 0;  ///< bytes written
  bool nul = false;      ///< `\u0000` was among them
};

/// Resolves the escapes of a JSON string (without its quotes). `out` has room for raw.size() bytes, or is nullptr to
/// check only. Nothing: an escape that JSON does not know, or half of a surrogate pair.
std::optional<Unescaped> unescape(std::string_view raw, char* out);

/// Appends the text as a JSON string, quotes included. The text is UTF-8.
void append_json_string(std::string_view text, ByteBuffer& out);

/// Appends a JSON text with every `\u0000` in its strings left out (strip) or made U+FFFD (replace).
void append_without_nul_escapes(std::string_view json, mapping::NulPolicy policy, ByteBuffer& out);

/// Appends a text with its NUL characters left out (strip) or made U+FFFD (replace).
void append_without_nul(std::string_view text, mapping::NulPolicy policy, ByteBuffer& out);

inline bool is_json_number(std::string_view token) {
  const auto is_digit = [](char c) { return static_cast<unsigned char>(c - '0') <= 9; };
  const char* p = token.data();
  const char* const end = p + token.size();
  if (p != end && *p == '-') ++p;
  if (p == end || !is_digit(*p)) return false;
  if (*p == '0') {
    ++p;
  } else {
    while (p != end && is_digit(*p)) ++p;
  }
  if (p == end) return true;
  if (*p == '.') {
    ++p;
    if (p == end || !is_digit(*p)) return false;
    while (p != end && is_digit(*p)) ++p;
    if (p == end) return true;
  }
  if ((*p | 0x20) != 'e') return false;
  ++p;
  if (p != end && (*p == '+' || *p == '-')) ++p;
  if (p == end) return false;
  while (p != end && is_digit(*p)) ++p;
  return p == end;
}

}  // namespace loom::decode
