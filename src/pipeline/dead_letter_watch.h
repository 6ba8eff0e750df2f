#pragma once

#include <algorithm>
#include <cstddef>

namespace loom::pipeline {

/// The share of dead letters among a topic's recent messages: about the last kRecent, older ones counting ever less.
/// Threads: one at a time.
class DeadLetterWatch {
 public:
  /// `max_ratio`: 1 and more for no limit.
  explicit DeadLetterWatch(double max_ratio) : max_ratio_(max_ratio) {}
  void limit(double max_ratio) { max_ratio_ = max_ratio; }

  /// Whether these messages, `bad` of them dead letters, would take the share beyond what is allowed.
  [[nodiscard]] bool exceeds(std::size_t messages, std::size_t bad) const {
    const double all = messages_ + static_cast<double>(messages);
    return max_ratio_ < 1 && all >= kFew && bad_ + static_cast<double>(bad) > max_ratio_ * all;
  }
  void count(std::size_t messages, std::size_t bad) {
    messages_ += static_cast<double>(messages);
    bad_ += static_cast<double>(bad);
    if (messages_ <= kRecent) return;
    bad_ *= kRecent / messages_;
    messages_ = kRecent;
  }
  /// After a stop: as if just what is allowed had been seen, so that good messages pass and too many bad ones do not.
  void start_over() {
    messages_ = kFew;
    bad_ = std::min(1.0, max_ratio_) * kFew;
  }

 private:
  static constexpr double kFew = 100;  // below, one bad message would be a large share
  static constexpr double kRecent = 10'000;
  double max_ratio_;
  double messages_ = 0;
  double bad_ = 0;
};

}  // namespace loom::pipeline
