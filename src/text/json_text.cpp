#include "text/json_text.h"

#include <fmt/format.h>

#include "sink/utf8.h"

namespace loom::text {

std::string json_text(std::string_view text) {
  std::string repaired;
  if (!sink::is_storable_text(text) && text.find('\0') == std::string_view::npos) {
    repaired = sink::storable_text(text, text.size() * 3);
    text = repaired;
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace loom::text
