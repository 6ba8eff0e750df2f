#pragma once

#include <chrono>
#include <cstdint>

namespace loom {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

inline double in_seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Where the time comes from, so that a simulation can own it. Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Microseconds since the Unix epoch.
  [[nodiscard]] virtual std::int64_t wall_us() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::int64_t wall_us() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace loom
