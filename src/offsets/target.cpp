#include "offsets/target.h"

#include <charconv>

#include "text/instant.h"
#include "text/values.h"

namespace loom::offsets {

std::optional<OffsetTarget> parse_offset_target(std::string_view text) {
  using Kind = OffsetTarget::Kind;
  text = text::trim(text);
  const std::string word = text::lower(text);
  if (word == "earliest") return OffsetTarget{Kind::earliest, 0};
  if (word == "latest") return OffsetTarget{Kind::latest, 0};
  std::int64_t offset = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && offset >= 0) {
    return OffsetTarget{Kind::offset, offset};
  }
  if (const auto instant = text::parse_instant(text)) return OffsetTarget{Kind::instant, *instant};
  return std::nullopt;
}

}  // namespace loom::offsets
