#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "batch/batch.h"
#include "batch/outcome.h"
#include "pipeline/counters.h"

namespace loom::pipeline {

/// What is stored of a batch: all of it, or, where only the stored offsets tell, what it holds of some partitions.
/// Threads: one at a time.
/// Owns:    nothing; the batch outlives it, and stays as it is meanwhile.
class StoredPart {
 public:
  explicit StoredPart(const batch::Batch& batch) : StoredPart(batch, batch.rejected, true, {}) {}
  /// By an attempt whose answer was lost.
  StoredPart(const batch::Batch& batch, std::vector<std::int32_t> partitions)
      : StoredPart(batch, batch.rejected_if_stored.empty() ? batch.rejected : batch.rejected_if_stored,
                   partitions.size() == batch.ranges.size(), std::move(partitions)) {}

  [[nodiscard]] const batch::Batch& batch() const { return batch_; }
  [[nodiscard]] bool has(const Message& message) const { return all_ || is_of(partitions_, message.partition); }
  [[nodiscard]] std::size_t messages() const;
  [[nodiscard]] std::size_t message_bytes() const;
  /// Without those of messages that the database refused. Also those that were to go.
  [[nodiscard]] std::size_t rows() const;
  /// Only those that were to go.
  [[nodiscard]] std::size_t removals() const;
  /// In order of message.
  [[nodiscard]] const std::vector<const batch::RejectedMessage*>& rejected() const { return rejected_; }

 private:
  StoredPart(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected, bool all,
             std::vector<std::int32_t> partitions);
  [[nodiscard]] bool is_rejected(std::uint32_t message) const;
  [[nodiscard]] bool is_whole() const;
  [[nodiscard]] std::size_t count(const std::vector<encode::RowSet>& sets) const;
  static bool is_of(const std::vector<std::int32_t>& partitions, std::int32_t partition);

  const batch::Batch& batch_;
  const bool all_;
  const std::vector<std::int32_t> partitions_;
  std::vector<const batch::RejectedMessage*> rejected_;
};

/// Adds what was stored to the counters. `outcome`: how; nullptr: the answer was lost, and only the stored offsets tell
/// that it was. `wall_us`: now, microseconds since 1970.
/// Threads: any.
void count_stored(Counters& counters, TopicCounters& topic, const StoredPart& part, const batch::Outcome* outcome,
                  std::int64_t wall_us);

/// A line in the log when messages of it became dead letters, with the first as an example, and one more for each
/// reason that is new in the topic.
void tell_dead_letters(TopicCounters& topic, const StoredPart& part);

/// After an outage that somebody may have heard of, and not after each batch that went through at the second try.
void tell_recovery(const std::string& topic, Duration outage);

}  // namespace loom::pipeline
