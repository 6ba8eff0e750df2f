#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace loom::pipeline {

/// When a batch is due and how far it may grow. A topic's mapping may set its own size and timeout.
struct BatchLimits {
  std::size_t size = 200;                         ///< messages that make it due
  std::chrono::milliseconds timeout{500};         ///< after its first message
  std::size_t rows_max = 20000;                   ///< it takes no more messages from here on
  std::size_t bytes_max = std::size_t{8} << 20U;  ///< likewise, messages and rows; one larger message still passes
  std::chrono::milliseconds fill_time{20};        ///< a due batch goes on filling this long while input is waiting
};

/// When the growing batch of a lane goes out: since when there is something to store, since when it is due, and whether
/// somebody waits for it.
///
///   note_growth() -> large or old enough: note_due() -> may_go() at once when it is full or nothing else is waiting,
///   else after the fill time -> start_over()
///
/// Threads: its lane's worker only.
class BatchSchedule {
 public:
  BatchSchedule(const BatchLimits& limits, const Clock& clock) : clock_(clock), limits_(limits) {}

  void use(const BatchLimits& limits) { limits_ = limits; }
  [[nodiscard]] const BatchLimits& limits() const { return limits_; }

  /// There is something to store, be it offsets only.
  void note_growth() {
    if (!growing_since_) growing_since_ = clock_.now();
  }
  /// To be called after note_growth(). `messages`: in the batch; `full`: it takes no more.
  void note_due(std::size_t messages, bool full) {
    const TimePoint now = clock_.now();
    const bool due = flush_ || full || messages >= limits_.size || now >= *growing_since_ + limits_.timeout;
    if (!due) {
      due_since_.reset();
    } else if (!due_since_) {
      due_since_ = now;
    }
  }
  /// `input_waiting`: more could be added at once. Larger COPYs are faster, and what is waiting costs nobody any time.
  [[nodiscard]] bool may_go(bool full, bool input_waiting) const {
    if (!due_since_) return false;
    return flush_ || full || !input_waiting || clock_.now() >= *due_since_ + limits_.fill_time;
  }
  /// The batch that grows now goes out as it is.
  void flush() { flush_ = true; }
  /// It went out, or there is nothing to store.
  void start_over() {
    growing_since_.reset();
    due_since_.reset();
    flush_ = false;
  }

  [[nodiscard]] TimePoint growing_since() const { return *growing_since_; }
  /// When may_go() may say yes, if nothing else happens to a batch that grows.
  [[nodiscard]] TimePoint wake_at() const {
    if (flush_) return clock_.now();
    TimePoint at = TimePoint::max();
    if (growing_since_) at = std::min(at, *growing_since_ + limits_.timeout);
    if (due_since_) at = std::min(at, *due_since_ + limits_.fill_time);
    return at;
  }

 private:
  const Clock& clock_;
  BatchLimits limits_;
  std::optional<TimePoint> growing_since_;
  std::optional<TimePoint> due_since_;
  bool flush_ = false;
};

}  // namespace loom::pipeline
