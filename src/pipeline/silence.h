#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace loom::pipeline {

/// When a topic was so quiet that it may have been deleted and made again meanwhile: nothing else tells (decision 13).
/// All of a topic's partitions are away then, so it is the quiet of all of them that counts: a topic of many slow
/// partitions is never quiet.
///
/// How long is too long is learned: gaps of a length that was looked into are usual for this topic, its producers or
/// its broker from then on, up to a limit. A topic that is made again is away for longer than that, in practice.
/// Threads: its lane's worker only.
class Silence {
 public:
  explicit Silence(TimePoint now) : last_(now), learned_at_(now) {}

  /// Messages were taken.
  void note_taken(TimePoint now) {
    last_ = now;
    if (now - learned_at_ > kLearnedFor) usual_ = kShortest;
    longest_ = usual_;
  }
  /// A message came at that time into a partition that had none waiting.
  void note_came(TimePoint at) {
    if (at - last_ <= longest_) return;
    ++ended_;
    last_ = at;
    // A broker that takes its time is quiet, too: until something is taken, ever longer gaps are let through.
    longest_ *= 2;
    usual_ = std::min<Duration>(usual_ * 2, kLongest);
    learned_at_ = at;
  }
  /// How many silences are over. What comes into a partition that has not seen the last of them is in doubt.
  [[nodiscard]] std::uint64_t ended() const { return ended_; }

 private:
  static constexpr std::chrono::milliseconds kShortest{20};
  static constexpr std::chrono::milliseconds kLongest{100};
  static constexpr std::chrono::minutes kLearnedFor{1};

  TimePoint last_;
  TimePoint learned_at_;
  Duration usual_ = kShortest;
  Duration longest_ = kShortest;  // that is no silence
  std::uint64_t ended_ = 0;
};

}  // namespace loom::pipeline
