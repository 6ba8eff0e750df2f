#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "loom/kafka/consumer.h"

namespace loom::kafka {

/// Where a consumer stands in each of its partitions, and what it gained and lost.
/// Threads: one at a time.
class ConsumerPositions {
 public:
  using Partition = std::pair<std::string, std::int32_t>;

  void gain(const std::vector<Position>& partitions);
  void lose(const std::vector<Position>& partitions);
  /// `next`: the offset after the one that was taken, or the end of the log that was reached. Nothing for a partition
  /// that is not owned.
  void advance(const std::string& topic, std::int32_t partition, std::int64_t next);

  [[nodiscard]] bool owns(const std::string& topic, std::int32_t partition) const;
  /// -1: not known.
  [[nodiscard]] const std::map<Partition, std::int64_t>& all() const { return positions_; }
  /// Begins anew: what follows is told by the next call.
  Assignment take_changes();

 private:
  std::map<Partition, std::int64_t> positions_;
  std::map<Partition, std::int64_t> gained_;
  std::map<Partition, std::int64_t> lost_;
  std::int32_t rebalances_ = 0;
};

}  // namespace loom::kafka
