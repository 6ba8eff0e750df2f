#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "lag/lag.h"
#include "lag/reading.h"

namespace loom::lag {

/// A partition's first message that waits, for which a timestamp is wanted.
struct Waiting {
  PartitionKey where;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  ///< of that message; -1: not known
  std::int64_t at_least_ms = -1;   ///< it is not older than this; -1: not known either
};

/// The last readings of a group: what is known of each partition, its rates, and how it does in Burrow's terms. What a
/// reading lacks keeps its last value; a partition is forgotten when several readings in a row, complete ones, say that
/// it is not there. Pure.
class History {
 public:
  struct Settings {
    std::size_t window = 12;  ///< samples
    Duration interval = std::chrono::seconds(2);
    bool judge_at_once = false;  ///< say stop after a single sample, for who asks only once
  };
  explicit History(Settings settings);

  void add(const Reading& reading, TimePoint now, std::int64_t wall_ms);

  /// All but the seconds.
  [[nodiscard]] GroupLag report() const;
  /// The partitions that have lag.
  [[nodiscard]] std::vector<Waiting> waiting() const;

 private:
  struct Sample {
    TimePoint at;
    std::int64_t wall_ms = 0;
    std::optional<std::int64_t> committed;
    std::int64_t end = 0;
    std::int64_t lag = 0;
    std::optional<bool> assigned;
  };
  struct Partition {
    PartitionReading known;
    std::deque<Sample> samples;
    State state = State::unknown;
    int absent = 0;  ///< complete readings in a row that said it is not there
  };

  void take(Partition& partition, const PartitionReading& said, const Reading& reading) const;
  void sample(Partition& partition, TimePoint now, std::int64_t wall_ms, std::optional<bool> assigned) const;
  void forget_what_is_gone(const Reading& reading);
  [[nodiscard]] State state_of(const Partition& partition) const;
  [[nodiscard]] bool only_grew(const std::deque<Sample>& samples) const;
  static void add_rates(const std::deque<Sample>& samples, PartitionLag& lag);

  const Settings settings_;
  std::map<PartitionKey, Partition> partitions_;
};

}  // namespace loom::lag
