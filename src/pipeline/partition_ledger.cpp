#include "pipeline/partition_ledger.h"

namespace loom::pipeline {

Standing compare(const batch::OffsetRange& range, const std::optional<batch::StoredOffset>& stored) {
  if (!stored || stored->epoch != range.epoch) return Standing::stale;
  if (stored->next_offset == range.to) return Standing::committed;
  if (stored->next_offset == range.from) return Standing::not_committed;
  return Standing::stale;
}

NextOffset PartitionLedger::check(std::int64_t offset, std::int64_t timestamp_ms) {
  if (offset < next_) {
    if (!proof_wanted_ || offset != next_ - 1) return NextOffset::skip;
    proof_wanted_ = false;
    return timestamp_ms == last_timestamp_ms_ ? NextOffset::known : NextOffset::foreign;
  }
  proof_wanted_ = false;
  if (offset == next_ || confirmed_ || offset == gap_seen_) {
    confirmed_ = true;
    gap_seen_ = -1;
    return NextOffset::take;
  }
  gap_seen_ = offset;
  return NextOffset::verify;
}

void PartitionLedger::take(std::int64_t offset, std::int64_t timestamp_ms) {
  if (growing_since_ms_ < 0) growing_since_ms_ = timestamp_ms;
  next_ = offset + 1;
  last_timestamp_ms_ = timestamp_ms;
}

void PartitionLedger::advance_to(std::int64_t position) {
  if (position > next_) next_ = position;
}

batch::OffsetRange PartitionLedger::growth() const {
  return {
      .partition = partition_, .epoch = epoch_, .from = handed_, .to = next_, .last_timestamp_ms = last_timestamp_ms_};
}

bool PartitionLedger::mark_stored(const batch::OffsetRange& range) {
  if (!owns(range) || range.epoch != epoch_) return false;
  stored_ = handed_;
  handed_since_ms_ = -1;
  return true;
}

void PartitionLedger::rewind(std::int64_t offset, std::int64_t epoch) {
  epoch_ = epoch;
  stored_ = handed_ = next_ = offset;
  last_timestamp_ms_ = gap_seen_ = handed_since_ms_ = growing_since_ms_ = -1;
  placed(Placed::by_seek);
}

}  // namespace loom::pipeline
