#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_event.h"

namespace loom::log {

/// The last different warnings and errors, each with how often it happened since it is in the list.
/// Threads: one at a time.  Bounds: kMost events with a message of kKeptMessageMax each.
class RecentEvents {
 public:
  static constexpr std::size_t kMost = 50;

  /// Two events are the same when kind and topic are.
  void add(std::int64_t wall_us, std::string_view kind, Level level, std::string_view topic, std::string_view message);
  [[nodiscard]] std::vector<Recent> list() const;

 private:
  struct Entry {
    std::string kind;
    Recent event;
  };
  std::deque<Entry> entries_;  // newest first
};

}  // namespace loom::log
