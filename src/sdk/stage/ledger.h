#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "loom/kafka/consumer.h"

namespace loom::kafka::stage {

/// Where a stage stands in each of its partitions: taken (read), finished (processed), delivered (committed).
/// Pure.  Threads: one at a time.
class Ledger {
 public:
  void reassign(const Assignment& change);
  void forget_all() { partitions_.clear(); }

  /// Takes a record. False when it is not to be processed: its partition is another's now, or it was taken before.
  bool take(const Record& record);
  void finish(const Record& record);

  /// The offsets to commit: of partitions in which more is finished than delivered.
  [[nodiscard]] std::vector<Position> finished() const;
  void delivered(const std::vector<Position>& positions);

  /// What was taken and not finished will be taken again. Returns where to read on.
  std::vector<Position> put_back_unfinished();
  /// The same for all that is not delivered.
  std::vector<Position> put_back_undelivered();

 private:
  using Key = std::pair<std::string, std::int32_t>;
  /// Offsets of the next record; negative: not known before the first one comes.
  struct Partition {
    std::int64_t taken = -1;
    std::int64_t finished = -1;
    std::int64_t delivered = -1;
  };
  std::map<Key, Partition> partitions_;
};

}  // namespace loom::kafka::stage
