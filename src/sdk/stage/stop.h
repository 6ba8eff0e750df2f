#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"

namespace loom::kafka::stage {

/// A stage's wish to end, and how long what is in hand may still take.
///   requested -> the message at hand ends, however long it takes -> `patience` for delivering what is done -> overdue
/// Threads: request() and requested() from any and from signal handlers; the others from the stage's own.
class Stop {
 public:
  /// Leaving the group comes after it, and all together must fit into 10 s.
  static constexpr std::chrono::seconds kPatience{4};

  explicit Stop(Duration patience = kPatience) : patience_(patience) {}

  void request() noexcept {
    Ticks never = kNever;
    requested_at_.compare_exchange_strong(never, now());  // the first wish counts
  }
  [[nodiscard]] bool requested() const noexcept { return requested_at_.load() != kNever; }

  /// Notes whether a message is being processed. It may take its time; the patience begins after it.
  void busy(bool with_a_message) {
    busy_ = with_a_message;
    free_since_ = now();
  }
  /// True when the end is wished for and what is in hand has had its time.
  [[nodiscard]] bool overdue() const {
    return requested() && !busy_ && Duration(now() - std::max(requested_at_.load(), free_since_)) > patience_;
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
  /// Of the steady clock, as a number that an atomic can hold.
  using Ticks = Duration::rep;
  static constexpr Ticks kNever = Duration::min().count();
  static Ticks now() noexcept { return std::chrono::steady_clock::now().time_since_epoch().count(); }

  const Duration patience_;
  static_assert(std::atomic<Ticks>::is_always_lock_free, "signal handlers may touch nothing else");
  std::atomic<Ticks> requested_at_{kNever};
  bool busy_ = false;
  Ticks free_since_ = kNever;
};

}  // namespace loom::kafka::stage
