#include "control/offset_target.h"

#include <charconv>

#include "control/config_value.h"
#include "control/instant.h"

namespace loom::control {

std::optional<OffsetTarget> parse_offset_target(std::string_view text) {
  using Kind = OffsetTarget::Kind;
  text = trim(text);
  const std::string word = lower(text);
  if (word == "earliest") return OffsetTarget{Kind::earliest, 0};
  if (word == "latest") return OffsetTarget{Kind::latest, 0};
  std::int64_t offset = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && offset >= 0) {
    return OffsetTarget{Kind::offset, offset};
  }
  if (const auto instant = parse_instant(text)) return OffsetTarget{Kind::instant, *instant};
  return std::nullopt;
}

}  // namespace loom::control
