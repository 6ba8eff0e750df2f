#pragma once

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace loom::pipeline {

/// Letters from any thread to one reader.
/// Threads: post() any; the rest by the reader.
/// Blocks:  only wait_until().
template <typename Letter>
class Mailbox {
 public:
  void post(Letter letter) {
    {
      const MutexLock lock(mutex_);
      letters_.push_back(std::move(letter));
    }
    arrived_.notify_one();
  }

  /// All letters so far, in order, swapped into `into` (which is cleared first and so keeps its memory).
  void collect(std::vector<Letter>& into) {
    into.clear();
    const MutexLock lock(mutex_);
    letters_.swap(into);
  }

  /// Returns when a letter is there, or at `until`.
  void wait_until(TimePoint until) {
    MutexLock lock(mutex_);
    arrived_.wait_until(lock, until, [this]() LOOM_REQUIRES(mutex_) { return !letters_.empty(); });
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<Letter> letters_ LOOM_GUARDED_BY(mutex_);
};

}  // namespace loom::pipeline
