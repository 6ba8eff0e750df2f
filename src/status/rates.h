#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "pipeline/counters.h"
#include "status/documents.h"
#include "status/snapshot.h"

namespace loom::status {

/// Rates of messages and rows, by topic and in all, from the counters looked at about once a second.
/// A rate is what was counted divided by the time that really passed, so late or early looks do no harm. Over the last
/// minute, or over what there is of it.
/// Threads: any.
class Rates {
 public:
  /// `lag`: of the group now, messages; for the history. Two looks within a quarter of a second count as one.
  void sample(TimePoint now, std::int64_t wall_us, const pipeline::Counters& counters, std::int64_t lag);

  [[nodiscard]] Rate messages(const std::string& topic) const;
  [[nodiscard]] Rate rows(const std::string& topic) const;
  [[nodiscard]] Rate messages() const;  ///< of all topics
  [[nodiscard]] Rate rows() const;
  /// What was counted since the look a minute ago, up to this moment.
  [[nodiscard]] Window minute(TimePoint now, const std::string& topic, const pipeline::TopicCounters& counters) const;
  [[nodiscard]] Window minute(TimePoint now, const pipeline::Counters& counters) const;  ///< of all topics

  /// The last five minutes, oldest first.
  [[nodiscard]] std::vector<HistoryPoint> history() const;

 private:
  struct Look {
    TimePoint when;
    std::uint64_t messages = 0;
    std::uint64_t rows = 0;
    std::uint64_t stored = 0;
    std::uint64_t dead_letters = 0;
    std::uint64_t retries = 0;
  };
  [[nodiscard]] static Look look_at(TimePoint now, const pipeline::TopicCounters& counters);
  static void add(Look& sum, const Look& look);
  [[nodiscard]] static Window between(const Look& from, const Look& to);
  /// What a topic, or all of them, counted at the looks of the last minute.
  class Series {
   public:
    void add(const Look& look);
    [[nodiscard]] Rate rate(std::uint64_t Look::*count) const;
    [[nodiscard]] TimePoint last() const { return looks_.back().when; }
    [[nodiscard]] const Look& first() const { return looks_.front(); }

   private:
    std::deque<Look> looks_;
  };
  [[nodiscard]] Rate of_topic(const std::string& topic, std::uint64_t Look::*count) const;

  mutable Mutex mutex_;
  std::map<std::string, Series> topics_ LOOM_GUARDED_BY(mutex_);
  Series all_ LOOM_GUARDED_BY(mutex_);
  bool any_ LOOM_GUARDED_BY(mutex_) = false;
  std::deque<HistoryPoint> history_ LOOM_GUARDED_BY(mutex_);
};

}  // namespace loom::status
