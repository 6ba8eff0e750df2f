#pragma once

#include <cstdint>
#include <optional>

#include "batch/batch.h"
#include "batch/outcome.h"

namespace loom::pipeline {

/// How the message at an offset stands to what was taken before it.
enum class NextOffset : std::uint8_t {
  take,    ///< it comes next
  known,   ///< the record before the next one, fetched as a proof, and it is the one that was stored
  skip,    ///< it was taken before: an outdated message of the client's queue
  verify,  ///< there is a gap right after the position was set: fetch again before believing it
  foreign  ///< another record stands where the last stored one was: the topic was made again, or its log cut
};

/// How a source came to stand where it stands.
enum class Placed : std::uint8_t {
  by_assignment,  ///< fetching began at position()
  by_seek         ///< it was set there while the partition was being read
};

/// How the database stands to a range that was sent to it.
enum class Standing : std::uint8_t { committed, not_committed, stale };

/// `stored` is what was read back, or nothing when the partition has no row.
Standing compare(const batch::OffsetRange& range, const std::optional<batch::StoredOffset>& stored);

/// One partition's offsets, from the database's point of view: stored <= handed over <= next to take.
/// Pure: no Kafka, no SQL, no clock.
///
/// Gaps are lawful (compaction, transaction markers), so the database cannot tell a gap from a skip. But librdkafka
/// before 2.2 is known to skip after a seek or rebalance (source::LibraryNeeds); hence the first gap after the position
/// was set is believed only when it is seen twice.
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
        last_timestamp_ms_(last_timestamp_ms) {
    placed(Placed::by_assignment);
  }

  /// The source was set to position(), or will be before anything else is taken from it.
  void placed(Placed how) {
    confirmed_ = false;
    proof_wanted_ = wants_record_before(how);
  }
  /// Where to fetch from: one record before next() while that one is wanted as a proof, else next().
  [[nodiscard]] std::int64_t position() const { return proof_wanted_ ? next_ - 1 : next_; }

  /// How a message that was fetched stands to the ledger. What it proves, or puts in doubt, is noted.
  [[nodiscard]] NextOffset check(std::int64_t offset, std::int64_t timestamp_ms);
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
  /// The database has the batch in flight. False when this range is not the one in flight (it belongs to an earlier
  /// ownership of the partition): nothing changes then.
  bool mark_stored(const batch::OffsetRange& range);
  /// Whether this range is the one in flight.
  [[nodiscard]] bool owns(const batch::OffsetRange& range) const {
    return in_flight() && stored_ == range.from && handed_ == range.to;
  }
  /// Forgets everything after `offset`: the source must be set to position() again.
  void rewind(std::int64_t offset, std::int64_t epoch);

  [[nodiscard]] std::int32_t partition() const { return partition_; }
  [[nodiscard]] std::int64_t stored() const { return stored_; }
  [[nodiscard]] std::int64_t handed() const { return handed_; }
  [[nodiscard]] std::int64_t next() const { return next_; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }
  [[nodiscard]] std::int64_t last_timestamp() const { return last_timestamp_ms_; }
  /// Record timestamp of the first message after stored(), when it is in hand; else -1.
  [[nodiscard]] std::int64_t first_unstored_ms() const { return in_flight() ? handed_since_ms_ : growing_since_ms_; }

 private:
  /// The one place that decides what has to be seen before what follows a position is believed. A gap right after it
  /// wants a second look in any case. On assignment the record before it is wanted, too, where its timestamp is known:
  /// librdkafka 2.0 gives no topic id that would tell a topic made again.
  [[nodiscard]] bool wants_record_before(Placed how) const {
    return how == Placed::by_assignment && next_ > 0 && last_timestamp_ms_ >= 0;
  }

  std::int32_t partition_;
  std::int64_t epoch_;
  std::int64_t stored_;
  std::int64_t handed_;
  std::int64_t next_;
  std::int64_t last_timestamp_ms_;
  std::int64_t handed_since_ms_ = -1;   ///< timestamp of the first message handed over and not stored
  std::int64_t growing_since_ms_ = -1;  ///< and of the first one not handed over
  std::int64_t gap_seen_ = -1;          ///< where the first fetch after placed() found a gap's end
  bool proof_wanted_ = false;           ///< the record before next() has not been compared yet
  bool confirmed_ = false;              ///< a message came at exactly the expected offset since the position was set
};

}  // namespace loom::pipeline
