#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"

namespace loom::log {

/// An event that outlives its call: an About with texts of its own.
struct Event {
  Level level = Level::warning;
  std::string topic;
  std::optional<std::int32_t> partition;
  std::optional<std::int64_t> offset;
  std::optional<std::size_t> batch;
  std::string reason;
  std::string trace_id;
  std::string message;

  /// Views of this event.
  [[nodiscard]] About about() const {
    return {.topic = topic,
            .partition = partition,
            .offset = offset,
            .batch = batch,
            .reason = reason,
            .trace_id = trace_id};
  }
};

/// Bytes of a message that are kept for later.
inline constexpr std::size_t kKeptMessageMax = 2048;

/// The beginning of a text, cut between two characters.
inline std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace loom::log
