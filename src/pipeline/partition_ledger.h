#pragma once

#include <cstdint>
#include <optional>

#include "batch/batch.h"
#include "batch/outcome.h"

namespace loom::pipeline {

/// What to do with the message at an offset.
enum class Verdict : std::uint8_t {
  take,    ///< it comes next
  known,   ///< the record before the next one, fetched as a proof, and it is the one that was stored
  skip,    ///< it was taken before: an outdated message of the client's queue
  verify,  ///< there is a gap right after the position was set: fetch again before believing it
  foreign  ///< another record stands where the last stored one was: the topic was made again, or its log cut
};

/// How the database stands to a range that was sent to it.
enum class Standing : std::uint8_t { committed, not_committed, stale };

/// `stored` is what was read back, or nothing when the partition has no row.
Standing compare(const batch::OffsetRange& range, const std::optional<batch::StoredOffset>& stored);

/// One partition's offsets, from the database's point of view: stored <= handed over <= next to take.
/// Pure: no Kafka, no SQL, no clock.
///
/// Gaps are lawful (compaction, transaction markers), so the database cannot tell a gap from a skip. But librdkafka
/// 2.0 is known to skip after a seek or rebalance; hence the first gap after the position was set is believed only when
/// a second fetch shows the same one.
/// Threads: moves between threads with its partition, used by one at a time.
class PartitionLedger {
 public:
  /// `last_timestamp_ms`: of the last record stored; -1: not known.
  PartitionLedger(std::int32_t partition, std::int64_t stored, std::int64_t epoch, std::int64_t last_timestamp_ms = -1)
      : partition_(partition),
        epoch_(epoch),
        stored_(stored),
        handed_(stored),
        next_(stored),
        last_timestamp_ms_(last_timestamp_ms),
        proof_wanted_(stored > 0 && last_timestamp_ms >= 0) {}

  /// Where to begin to fetch on assignment: one record before next(), where it can be compared with what was stored.
  /// Librdkafka 2.0 gives no topic id that would tell a topic made again.
  [[nodiscard]] std::int64_t position() const { return proof_wanted_ ? next_ - 1 : next_; }
  [[nodiscard]] Verdict judge(std::int64_t offset, std::int64_t timestamp_ms);
  /// The message at `offset` is in the growing batch.
  void take(std::int64_t offset, std::int64_t timestamp_ms);
  /// No message before `position` is left to take (it lies beyond control records).
  void advance_to(std::int64_t position);

  /// Offsets were taken since the last hand-over.
  [[nodiscard]] bool has_growth() const { return next_ > handed_; }
  [[nodiscard]] bool in_flight() const { return handed_ > stored_; }
  [[nodiscard]] bool settled() const { return next_ == stored_; }
  /// What the growing batch covers here.
  [[nodiscard]] batch::OffsetRange growth() const;
  /// The growing batch goes out.
  void hand_over() {
    if (!in_flight()) handed_since_ms_ = growing_since_ms_;
    growing_since_ms_ = -1;
    handed_ = next_;
  }
  /// The batch in flight is committed. False when this range is not the one in flight (it belongs to an earlier
  /// ownership of the partition): nothing changes then.
  bool commit(const batch::OffsetRange& range);
  /// Forgets everything after `offset`: the source must be set there too.
  void rewind(std::int64_t offset, std::int64_t epoch);
  /// The source's position was set to next(): the next gap wants a second look.
  void repositioned() { confirmed_ = proof_wanted_ = false; }

  [[nodiscard]] std::int32_t partition() const { return partition_; }
  [[nodiscard]] std::int64_t stored() const { return stored_; }
  [[nodiscard]] std::int64_t handed() const { return handed_; }
  [[nodiscard]] std::int64_t next() const { return next_; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }
  [[nodiscard]] std::int64_t last_timestamp() const { return last_timestamp_ms_; }
  /// Record timestamp of the first message after stored(), when it is in hand; else -1.
  [[nodiscard]] std::int64_t first_unstored_ms() const { return in_flight() ? handed_since_ms_ : growing_since_ms_; }

 private:
  std::int32_t partition_;
  std::int64_t epoch_;
  std::int64_t stored_;
  std::int64_t handed_;
  std::int64_t next_;
  std::int64_t last_timestamp_ms_;
  std::int64_t handed_since_ms_ = -1;   ///< timestamp of the first message handed over and not stored
  std::int64_t growing_since_ms_ = -1;  ///< and of the first one not handed over
  std::int64_t gap_seen_ = -1;          ///< where the first fetch after repositioning found a gap's end
  bool proof_wanted_;                   ///< the record before next() has not been compared yet
  bool confirmed_ = false;              ///< a message came at exactly the expected offset since the position was set
};

}  // namespace loom::pipeline
