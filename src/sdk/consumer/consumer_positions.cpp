#include "sdk/consumer/consumer_positions.h"

namespace loom::kafka {

namespace {

std::vector<Position> listed(const std::map<ConsumerPositions::Partition, std::int64_t>& partitions) {
  std::vector<Position> out;
  out.reserve(partitions.size());
  for (const auto& [at, offset] : partitions) out.push_back({at.first, at.second, offset});
  return out;
}

}  // namespace

void ConsumerPositions::gain(const std::vector<Position>& partitions) {
  ++rebalances_;
  for (const Position& at : partitions) {
    positions_[{at.topic, at.partition}] = at.offset;
    gained_[{at.topic, at.partition}] = at.offset;
  }
}

void ConsumerPositions::lose(const std::vector<Position>& partitions) {
  for (const Position& at : partitions) {
    const auto found = positions_.find({at.topic, at.partition});
    if (found == positions_.end()) continue;
    // Gained and lost between two looks: nobody has to know.
    if (gained_.erase(found->first) == 0) lost_[found->first] = found->second;
    positions_.erase(found);
  }
}

void ConsumerPositions::advance(const std::string& topic, std::int32_t partition, std::int64_t next) {
  const auto found = positions_.find({topic, partition});
  if (found != positions_.end()) found->second = next;
}

bool ConsumerPositions::owns(const std::string& topic, std::int32_t partition) const {
  return positions_.contains({topic, partition});
}

Assignment ConsumerPositions::take_changes() {
  Assignment changes{.lost = listed(lost_), .gained = listed(gained_), .rebalances = rebalances_};
  lost_.clear();
  gained_.clear();
  rebalances_ = 0;
  return changes;
}

}  // namespace loom::kafka
