#include "pipeline/partition_ledger.h"

namespace loom::pipeline {

Standing compare(const batch::OffsetRange& range, const std::optional<batch::StoredOffset>& stored) {
  if (!stored || stored->epoch != range.epoch) return Standing::stale;
  if (stored->next_offset == range.to) return Standing::committed;
  if (stored->next_offset == range.from) return Standing::not_committed;
  return Standing::stale;
}

NextOffset PartitionLedger::check(const Message& message) {
  if (proof_wanted_) {
    const RecordMark& newest = marks_.newest();
    if (message.offset < newest.offset) return NextOffset::skip;
    if (message.offset > newest.offset) {
      if (!forget_guess()) return NextOffset::missing;
      return check(message);
    }
    if (!newest.fits(message)) return NextOffset::foreign;
    proof_wanted_ = false;
    proven_at_ = message.offset;
    return NextOffset::known;
  }
  if (message.offset < next_) return message.offset > proven_at_ && !confirmed_ ? NextOffset::known : NextOffset::skip;
  return check_following(message.offset);
}

NextOffset PartitionLedger::check_end(std::int64_t position) {
  if (proof_wanted_ && !forget_guess()) return NextOffset::missing;
  return check_following(position);
}

/// Of rows of older versions only the timestamp of the last record is known; that it stands right before the next
/// offset is a guess, which the marker of a transaction makes wrong.
bool PartitionLedger::forget_guess() {
  const RecordMark newest = marks_.newest();
  if (newest.checksum != RecordMark::kUnknown) return false;
  marks_.forget(newest);
  proof_wanted_ = false;
  return true;
}

NextOffset PartitionLedger::check_following(std::int64_t offset) {
  if (offset == next_ || confirmed_ || offset == gap_seen_) {
    confirmed_ = true;
    gap_seen_ = -1;
    return NextOffset::take;
  }
  gap_seen_ = offset;
  return NextOffset::verify;
}

void PartitionLedger::take(const Message& message) {
  if (growing_since_ms_ < 0) growing_since_ms_ = message.timestamp_ms;
  if (!growing_from_.known()) growing_from_ = RecordMark::of(message);
  next_ = message.offset + 1;
  last_timestamp_ms_ = message.timestamp_ms;
}

void PartitionLedger::advance_to(std::int64_t position) {
  if (position > next_) next_ = position;
}

batch::OffsetRange PartitionLedger::hand_over(const Message* last, std::int32_t leader_epoch) {
  if (last != nullptr && growing_from_.known()) {
    marks_.add(growing_from_, last->offset == growing_from_.offset ? growing_from_ : RecordMark::of(*last),
               leader_epoch);
  }
  growing_from_ = {};
  batch::OffsetRange range{.partition = partition_,
                           .epoch = epoch_,
                           .from = handed_,
                           .to = next_,
                           .last_timestamp_ms = last_timestamp_ms_,
                           .marks = marks_,
                           .read_again = handed_ < read_before_};
  if (!in_flight()) handed_since_ms_ = growing_since_ms_;
  growing_since_ms_ = -1;
  handed_ = next_;
  return range;
}

bool PartitionLedger::mark_stored(const batch::OffsetRange& range) {
  if (!owns(range) || range.epoch != epoch_) return false;
  stored_ = handed_;
  handed_since_ms_ = -1;
  return true;
}

void PartitionLedger::rewind_to(const batch::StoredOffset& stored) {
  marks_ = stored.marks;
  rewind(stored.next_offset, stored.epoch);
}

void PartitionLedger::rewind(std::int64_t offset, std::int64_t epoch) {
  if (offset < stored_) read_before_ = std::max(read_before_, stored_);
  epoch_ = epoch;
  stored_ = handed_ = next_ = offset;
  gap_seen_ = handed_since_ms_ = growing_since_ms_ = -1;
  growing_from_ = {};
  marks_.forget_from(offset);
  last_timestamp_ms_ = marks_.newest().offset == offset - 1 ? marks_.newest().timestamp_ms : -1;
  placed();
}

}  // namespace loom::pipeline
