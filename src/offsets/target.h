#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loom::offsets {

/// Where `offsets reset --to` sends a partition.
struct OffsetTarget {
  enum class Kind : std::uint8_t { earliest, latest, offset, instant };
  Kind kind = Kind::earliest;
  std::int64_t value = 0;  ///< the offset, or microseconds since 1970
};

/// `earliest`, `latest`, an offset, or a time in ISO 8601 (UTC where it names no zone). Nothing for anything else.
/// Pure.
std::optional<OffsetTarget> parse_offset_target(std::string_view text);

}  // namespace loom::offsets
