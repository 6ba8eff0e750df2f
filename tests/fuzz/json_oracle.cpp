#include "json_oracle.h"

#include <simdjson.h>

namespace loom::fuzz {
namespace {

/// A run of digits too long for 64 bits, or an exponent: what may be out of a double's or an integer's range.
bool holds_large_number(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= 19) return true;
    if (c == 'e' || c == 'E') return true;
  }
  return false;
}

/// `\ud800` to `\udfff`, paired or not.
bool holds_surrogate_escape(std::string_view text) {
  for (std::size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 1)) {
    if (at + 4 > text.size()) return false;
    const char first = text[at + 2];
    const char second = text[at + 3];
    if ((first | 0x20) == 'd' && second >= '8') return true;
  }
  return false;
}

}  // namespace

Verdict json_oracle(std::string_view text) {
  static simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error = parser.parse(text.data(), text.size(), true).get(root);
  switch (error) {
    case simdjson::SUCCESS:
      if (holds_surrogate_escape(text)) return Verdict::undecided;
      return root.is_object() ? Verdict::object : Verdict::accepted;
    case simdjson::DEPTH_ERROR:
      return Verdict::undecided;
    case simdjson::NUMBER_ERROR:
      return holds_large_number(text) ? Verdict::undecided : Verdict::refused;
    default:
      // The first error found counts, and it may stand behind a number that is not one.
      return Verdict::refused;
  }
}

bool holds_nul_escape(std::string_view json) {
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at + 2)) {
    if (json.substr(at).starts_with("\\u0000")) return true;
  }
  return false;
}

}  // namespace loom::fuzz
