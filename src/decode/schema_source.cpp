#include "decode/schema_source.h"

#include <algorithm>

namespace loom::decode {

std::string guid_text(const SchemaId& id) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < id.guid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[id.guid[i] >> 4U];
    text += kHex[id.guid[i] & 0xFU];
  }
  return text;
}

std::string show(const SchemaId& id) {
  const bool has_guid = std::any_of(id.guid.begin(), id.guid.end(), [](std::uint8_t byte) { return byte != 0; });
  return "schema " + (has_guid ? guid_text(id) : std::to_string(id.number));
}

}  // namespace loom::decode
