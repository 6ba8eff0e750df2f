#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/message.h"
#include "base/record_marks.h"
#include "batch/batch.h"
#include "batch/outcome.h"

namespace loom::pipeline {

/// How the message at an offset stands to what was taken before it.
enum class NextOffset : std::uint8_t {
  take,     ///< it comes next
  known,    ///< fetched as a proof, or on the way from there to the next one: it is what was taken before
  skip,     ///< it was taken before: an outdated message of the client's queue
  verify,   ///< there is a gap right after the position was set: fetch again before believing it
  missing,  ///< the record that is wanted as a proof is not there: compacted, or the log is another one
  foreign   ///< another record stands in its place: the topic was made again, or its log cut
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
  /// `marks`: what is remembered of the log before `stored`.
  PartitionLedger(std::int32_t partition, std::int64_t stored, std::int64_t epoch, RecordMarks marks = {})
      : partition_(partition),
        epoch_(epoch),
        stored_(stored),
        handed_(stored),
        next_(stored),
        last_timestamp_ms_(marks.newest().timestamp_ms),
        marks_(std::move(marks)) {
    placed();
  }

  /// Before this offset the table has dead letters of an earlier reading.
  void expect_dead_letters(std::int64_t until) { read_before_ = std::max(read_before_, until); }

  /// The source was set to position(), or will be before anything else is taken from it. `second_look`: because
  /// check() said `verify`; what it saw then is compared with what it sees now.
  void placed(bool second_look = false) {
    if (!second_look) gap_seen_ = -1;
    confirmed_ = false;
    proven_at_ = next_;
    proof_wanted_ = wants_record_before();
  }
  /// Where to fetch from: the newest record that is remembered while that one is wanted as a proof, else next().
  [[nodiscard]] std::int64_t position() const { return proof_wanted_ ? marks_.newest().offset : next_; }
  /// Of the leader that the record there came from; -1: not known.
  [[nodiscard]] std::int32_t position_epoch() const { return proof_wanted_ ? marks_.leader_epoch() : -1; }

  /// Whether something was remembered, and proven or taken, since the position was set, so that what comes is believed.
  [[nodiscard]] bool believes() const { return marks_.newest().known() && !proof_wanted_; }

  /// How a message that was fetched stands to the ledger. What it proves, or puts in doubt, is noted.
  [[nodiscard]] NextOffset check(const Message& message);
  /// The same where there is no message before `position`.
  [[nodiscard]] NextOffset check_end(std::int64_t position);
  /// The message is in the growing batch.
  void take(const Message& message);
  /// No message before `position` is left to take (it lies beyond control records).
  void advance_to(std::int64_t position);

  /// Offsets were taken since the last hand-over.
  [[nodiscard]] bool has_growth() const { return next_ > handed_; }
  [[nodiscard]] bool in_flight() const { return handed_ > stored_; }
  [[nodiscard]] bool settled() const { return next_ == stored_; }
  /// The growing batch goes out; `last` of its messages is this partition's last, nullptr: there is none.
  batch::OffsetRange hand_over(const Message* last, std::int32_t leader_epoch = -1);
  /// The database has the batch in flight. False when this range is not the one in flight (it belongs to an earlier
  /// ownership of the partition): nothing changes then.
  bool mark_stored(const batch::OffsetRange& range);
  /// Whether this range is the one in flight.
  [[nodiscard]] bool owns(const batch::OffsetRange& range) const {
    return in_flight() && stored_ == range.from && handed_ == range.to;
  }
  /// Forgets everything after `offset`: the source must be set to position() again.
  void rewind(std::int64_t offset, std::int64_t epoch);
  /// The same where the database stands elsewhere: what is remembered of the log is what it has.
  void rewind_to(const batch::StoredOffset& stored);
  /// The log has left this record out, although it is the same log.
  void forget(const RecordMark& gone) { marks_.forget(gone); }
  /// Retention took what is remembered: there is nothing to prove the position by.
  void forget_marks() {
    marks_ = {};
    last_timestamp_ms_ = -1;
  }
  [[nodiscard]] const RecordMarks& marks() const { return marks_; }

  [[nodiscard]] std::int32_t partition() const { return partition_; }
  [[nodiscard]] std::int64_t stored() const { return stored_; }
  [[nodiscard]] std::int64_t handed() const { return handed_; }
  [[nodiscard]] std::int64_t next() const { return next_; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }
  [[nodiscard]] std::int64_t last_timestamp() const { return last_timestamp_ms_; }
  /// Record timestamp of the first message after stored(), when it is in hand; else -1.
  [[nodiscard]] std::int64_t first_unstored_ms() const { return in_flight() ? handed_since_ms_ : growing_since_ms_; }

 private:
  /// The one place that decides what has to be seen before what follows a position is believed: the newest record that
  /// is remembered, whatever brought the source here. Another log may stand there by now: librdkafka 2.0 gives no topic
  /// id that would tell a topic made again, and no leader epoch that would tell a log that lost its end. And a gap
  /// right after a position wants a second look.
  [[nodiscard]] bool wants_record_before() const { return marks_.newest().known() && marks_.newest().offset < next_; }
  [[nodiscard]] NextOffset check_following(std::int64_t offset);
  bool forget_guess();

  std::int32_t partition_;
  std::int64_t epoch_;
  std::int64_t stored_;
  std::int64_t handed_;
  std::int64_t next_;
  std::int64_t last_timestamp_ms_;
  std::int64_t handed_since_ms_ = -1;   ///< timestamp of the first message handed over and not stored
  std::int64_t growing_since_ms_ = -1;  ///< and of the first one not handed over
  std::int64_t read_before_ = 0;        ///< what is read before this offset may be read again
  std::int64_t gap_seen_ = -1;          ///< where the first fetch after placed() found a gap's end
  RecordMarks marks_;                   ///< up to handed()
  RecordMark growing_from_;             ///< the first message that is not handed over
  std::int64_t proven_at_ = 0;          ///< the record that was compared since the position was set; next(): none
  bool proof_wanted_ = false;           ///< none has been compared yet
  bool confirmed_ = false;              ///< a message came at exactly the expected offset since the position was set
};

}  // namespace loom::pipeline
