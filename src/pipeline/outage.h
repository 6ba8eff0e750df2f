#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/backoff.h"
#include "base/clock.h"

namespace loom::pipeline {

/// The time in which nothing of a topic could be stored: since when it lasts, and when the batch that is held goes
/// again.
/// Threads: its lane's worker only.
class Outage {
 public:
  /// `longest`: from one try to the next. `seed` should differ between topics.
  Outage(const Clock& clock, Duration longest, std::uint64_t seed)
      : clock_(clock), backoff_(std::chrono::milliseconds(100), longest, seed) {}

  /// There was something to store, and it was not stored.
  void note() {
    if (!since_) since_ = clock_.now();
  }
  /// The next try comes after a wait that grows from one to the next. Returns the wait.
  Duration back_off() {
    const Duration wait = backoff_.next();
    retry_at_ = clock_.now() + wait;
    return wait;
  }
  void retry_at_once() { retry_at_ = clock_.now(); }
  [[nodiscard]] TimePoint retry_at() const { return retry_at_; }
  /// For how long; zero when all goes well.
  [[nodiscard]] Duration lasts() const { return since_ ? clock_.now() - *since_ : Duration::zero(); }
  /// Something was stored. How long it had not been; nothing when all went well before.
  std::optional<Duration> end() {
    backoff_.reset();
    if (!since_) return std::nullopt;
    const Duration lasted = clock_.now() - *since_;
    since_.reset();
    return lasted;
  }

 private:
  const Clock& clock_;
  Backoff backoff_;
  TimePoint retry_at_{};
  std::optional<TimePoint> since_;
};

}  // namespace loom::pipeline
