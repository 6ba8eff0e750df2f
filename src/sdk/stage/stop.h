#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "base/clock.h"

namespace loom::kafka {

/// A stage's wish to end, and how long it may still take.
/// Threads: request() and requested() from any and from signal handlers; the others from the stage's own.
class StageStop {
 public:
  void request() noexcept { requested_.store(true); }
  [[nodiscard]] bool requested() const noexcept { return requested_.load(); }

  /// True when the end is wished for and what is in hand has had its time.
  bool overdue() {
    if (!requested()) return false;
    const TimePoint now = std::chrono::steady_clock::now();
    if (!noticed_) noticed_ = now;
    return now - *noticed_ > kPatience;
  }

  /// Sleeps. False, and at once, when the end is wished for.
  [[nodiscard]] bool wait(Duration time) const {
    const TimePoint until = std::chrono::steady_clock::now() + time;
    while (!requested()) {
      const Duration left = until - std::chrono::steady_clock::now();
      if (left <= Duration::zero()) return true;
      std::this_thread::sleep_for(std::min<Duration>(left, std::chrono::milliseconds(20)));
    }
    return false;
  }

 private:
  /// Leaving the group comes after it, and all together must fit into 10 s.
  static constexpr std::chrono::seconds kPatience{4};

  static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers may touch nothing else");
  std::atomic<bool> requested_{false};
  std::optional<TimePoint> noticed_;
};

}  // namespace loom::kafka
