#include "sdk/stage/ledger.h"

namespace loom::kafka::stage {

void Ledger::reassign(const Assignment& change) {
  // Lost first: a partition in both lists was lost and came back.
  for (const Position& lost : change.lost) partitions_.erase({lost.topic, lost.partition});
  for (const Position& gained : change.gained) {
    partitions_[{gained.topic, gained.partition}] = {gained.offset, gained.offset, gained.offset};
  }
}

bool Ledger::take(const Record& record) {
  const auto found = partitions_.find({record.topic, record.partition});
  if (found == partitions_.end()) return false;
  Partition& partition = found->second;
  // Gaps are lawful (compaction, transaction markers); what is before the position was fetched before a seek.
  if (record.offset < partition.taken) return false;
  if (partition.finished < 0) partition.finished = record.offset;
  if (partition.delivered < 0) partition.delivered = record.offset;
  partition.taken = record.offset + 1;
  return true;
}

void Ledger::finish(const Record& record) {
  const auto found = partitions_.find({record.topic, record.partition});
  if (found != partitions_.end()) found->second.finished = record.offset + 1;
}

std::vector<Position> Ledger::finished() const {
  std::vector<Position> positions;
  for (const auto& [key, partition] : partitions_) {
    if (partition.finished > partition.delivered) positions.push_back({key.first, key.second, partition.finished});
  }
  return positions;
}

void Ledger::delivered(const std::vector<Position>& positions) {
  for (const Position& position : positions) {
    const auto found = partitions_.find({position.topic, position.partition});
    if (found != partitions_.end()) found->second.delivered = position.offset;
  }
}

std::vector<Position> Ledger::put_back_unfinished() {
  std::vector<Position> positions;
  for (auto& [key, partition] : partitions_) {
    if (partition.taken == partition.finished) continue;
    partition.taken = partition.finished;
    positions.push_back({key.first, key.second, partition.finished});
  }
  return positions;
}

std::vector<Position> Ledger::put_back_undelivered() {
  for (auto& [key, partition] : partitions_) partition.finished = partition.delivered;
  return put_back_unfinished();
}

}  // namespace loom::kafka::stage
