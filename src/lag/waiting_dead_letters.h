#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "sink/connection.h"

namespace loom::lag {

/// The dead letters of one topic and reason that wait to be replayed or purged.
struct WaitingKind {
  std::uint64_t count = 0;  ///< at least
  // One of them; the newest of those that were counted
  std::string message;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string trace_id;         ///< empty: it carried none
  std::int64_t created_us = 0;  ///< 0: it was gone when it was looked at
};

/// How many dead letters of the group wait, whichever replica wrote them and whenever.
struct WaitingDeadLetters {
  std::map<std::string, std::map<std::string, WaitingKind>> topics;  ///< by topic, then by reason
  /// Counting stops at so many of a topic, and of all: what a table of millions may cost is bounded.
  static constexpr std::uint64_t kTopicMost = 10'000;
  static constexpr std::uint64_t kMost = 100'000;
  bool all_counted = true;      ///< false: there may be topics beyond these
  std::int64_t sampled_us = 0;  ///< microseconds since 1970

  [[nodiscard]] static std::uint64_t total(const std::map<std::string, WaitingKind>& reasons);
  [[nodiscard]] std::uint64_t total() const;
  /// Whether the total is only a lower bound.
  [[nodiscard]] bool at_least() const;
};

/// Counts them now and then, so that it costs a database at most some percent of one processor.
/// Threads: one at a time.
/// Blocks:  up to a second, or until the connection gives up.
/// Fails:   never: what is known stays.
class WaitingCounter {
 public:
  WaitingCounter(std::string group, const Clock& clock) : group_(std::move(group)), clock_(clock) {}

  /// What is new, or nullptr: it is not time, or the database did not say.
  std::shared_ptr<const WaitingDeadLetters> look(sink::Connection& connection);

 private:
  const std::string group_;
  const Clock& clock_;
  TimePoint not_before_{};
};

}  // namespace loom::lag
