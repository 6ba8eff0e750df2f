#pragma once

#include "base/clock.h"

namespace loom::test_support {

/// Time that passes when the test says so. Threads: one.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::int64_t wall_us() const override { return 0; }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace loom::test_support
