#pragma once

#include <atomic>
#include <cstddef>

namespace loom::pipeline {

/// What the batches of all topics may hold together: each lane takes its share whatever the others do, and more while
/// the whole is not used up. So a few topics that cannot be written do not starve the others, and all of them together
/// stay under twice the limit.
/// Threads: any; sums that are exact a moment later.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit) : limit_(limit) {}

  /// What a lane costs beside what its batches hold: buffers that are half empty, a connection, a thread's stack.
  static constexpr std::size_t kPerLane = std::size_t{512} << 10U;

  void join() {
    lanes_.fetch_add(1, std::memory_order_relaxed);
    change(0, kPerLane);
  }
  void leave() {
    lanes_.fetch_sub(1, std::memory_order_relaxed);
    change(kPerLane, 0);
  }
  /// A lane that held `before` bytes holds `now`.
  void change(std::size_t before, std::size_t now) { used_.fetch_add(now - before, std::memory_order_relaxed); }

  /// Whether a lane that holds this much may take more.
  [[nodiscard]] bool allows(std::size_t held) const {
    if (used_.load(std::memory_order_relaxed) < limit_) return true;
    const std::size_t lanes = lanes_.load(std::memory_order_relaxed);
    return held < limit_ / (lanes == 0 ? 1 : lanes);
  }
  /// Whether what is only kept for later use should be given back.
  [[nodiscard]] bool scarce() const { return used() > limit_ / 4 * 3; }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> lanes_{0};
};

}  // namespace loom::pipeline
