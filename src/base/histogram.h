#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace loom {

/// What a histogram has seen so far.
struct HistogramCounts {
  std::vector<double> bounds;         ///< upper bounds, ascending, inclusive
  std::vector<std::uint64_t> counts;  ///< one per bound, and one more for what is above the last; not cumulative
  double sum = 0;
  std::uint64_t total = 0;
};

/// Counts of observations by size, over bounds that are fixed when it is made.
/// Threads: any; plain sums, read at leisure: a reading may be one observation short of itself.
class Histogram {
 public:
  static constexpr std::size_t kBoundsMost = 24;

  Histogram(std::initializer_list<double> bounds) : size_(std::min(bounds.size(), kBoundsMost)) {
    std::copy_n(bounds.begin(), size_, bounds_.begin());
  }

  /// The same value seen `times` times.
  void observe(double value, std::uint64_t times = 1) {
    const auto* const first = bounds_.data();
    const auto at = static_cast<std::size_t>(std::lower_bound(first, first + size_, value) - first);
    counts_[at].fetch_add(times, std::memory_order_relaxed);
    sum_.fetch_add(value * static_cast<double>(times), std::memory_order_relaxed);
  }

  [[nodiscard]] HistogramCounts read() const {
    HistogramCounts seen;
    seen.bounds.assign(bounds_.begin(), bounds_.begin() + static_cast<std::ptrdiff_t>(size_));
    for (std::size_t i = 0; i <= size_; ++i) {
      seen.counts.push_back(counts_[i].load(std::memory_order_relaxed));
      seen.total += seen.counts.back();
    }
    seen.sum = sum_.load(std::memory_order_relaxed);
    return seen;
  }

 private:
  const std::size_t size_;
  std::array<double, kBoundsMost> bounds_{};
  std::array<std::atomic<std::uint64_t>, kBoundsMost + 1> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace loom
