#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace loom {

/// Exponential waiting between tries: doubles from `first` to `cap`, each wait shortened by up to half by a seeded
/// draw, so that replicas that failed together do not come back together.
/// Threads: one at a time.
class Backoff {
 public:
  Backoff(Duration first, Duration cap, std::uint64_t seed) : first_(first), cap_(cap), state_(seed | 1U) {}

  Duration next() {
    const Duration full = std::min(cap_, first_ * (std::int64_t{1} << std::min(tries_, 20)));
    ++tries_;
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return full / 2 + (full / 2) * static_cast<std::int64_t>(state_ % 1000) / 1000;
  }
  void reset() { tries_ = 0; }
  [[nodiscard]] int tries() const { return tries_; }

 private:
  Duration first_;
  Duration cap_;
  std::uint64_t state_;
  int tries_ = 0;
};

}  // namespace loom
