#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/record_marks.h"
#include "batch/outcome.h"

namespace loom::sink {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;  // NOLINT(modernize-use-nullptr): false alarm
};

struct StoredPosition {
  TopicPartition where;
  std::int64_t next_offset = 0;
  std::int64_t epoch = 0;
  std::int64_t last_timestamp_ms = -1;  ///< of the last record before next_offset; -1: not known
  RecordMarks marks{};                  ///< of the log before next_offset
  std::string decision{};               ///< what an operator has to decide first; empty: nothing
};

/// kafka_consumer_offsets of one consumer group: the truth about what is stored.
/// Threads: one at a time.  Owns: a connection, opened when first needed and again after it broke.
/// Blocks:  up to the connect and statement timeouts (5 s).  Fails: std::runtime_error without passwords.
class OffsetStore {
 public:
  OffsetStore(std::string url, std::string consumer_group);
  ~OffsetStore();

  /// The stored positions of these partitions; those without a row are left out.
  std::vector<StoredPosition> load(const std::vector<TopicPartition>& partitions);
  /// Every position of the group.
  std::vector<StoredPosition> load_all();

  /// Of these partitions those that have dead letters at or behind `next_offset`, which are about to be read again,
  /// each with the offset behind the last of them.
  std::map<TopicPartition, std::int64_t> dead_letters_until(const std::vector<StoredPosition>& partitions);

  /// Gives partitions that have no row one at `next_offset`, in a transaction of its own with synchronous_commit on,
  /// then reads all back: another replica's row wins over ours.
  std::vector<StoredPosition> claim(const std::vector<StoredPosition>& partitions);

  /// Sets a position anew, under the next epoch, if it still is what `from` says: the log behind it is another one.
  /// `from.marks`: of the log before `next_offset`.
  void restart(const StoredPosition& from, std::int64_t next_offset);

  /// Keeps what an operator has to decide before this partition goes on, if its position still is what `at` says.
  void ask_operator(const StoredPosition& at);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::sink
