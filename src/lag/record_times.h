#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "admin/group_reader.h"
#include "lag/history.h"

namespace loom::lag {

/// How old the first message is that waits in each partition. A timestamp that nobody has in hand is looked up in the
/// log, for a limited number of partitions each time, in turns; it is kept while the offset stands still. For the
/// others it is estimated from the newest time that the message is known to be no older than: the record before it
/// (which the database has), an earlier record of the partition, the last sample that did not have it. So an estimate
/// is at most too old; for a busy partition by less than the time since its last turn.
/// Threads: one at a time.  Blocks: as `read`.
class RecordTimes {
 public:
  using Read = std::function<std::vector<admin::RecordAt>(const std::vector<admin::TopicPartitionOffset>& places)>;

  /// `at_most`: partitions that are looked up each time.
  RecordTimes(Read read, std::size_t at_most) : read_(std::move(read)), at_most_(at_most) {}

  /// Seconds for each of `waiting`, which is in ascending order; nothing where nothing at all is known. Never negative:
  /// the producers' clocks are not ours.
  std::vector<std::optional<double>> ages(const std::vector<Waiting>& waiting, std::int64_t wall_ms);

 private:
  struct Known {
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = -1;
    bool nothing_there = false;  ///< there are no messages, only marks of transactions
  };
  void look_up(const std::vector<Waiting>& waiting);
  [[nodiscard]] bool wants_look_up(const Waiting& one) const;

  Read read_;
  std::size_t at_most_;
  std::map<PartitionKey, Known> known_;
  PartitionKey last_turn_;
};

}  // namespace loom::lag
