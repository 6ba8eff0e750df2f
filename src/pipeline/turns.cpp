#include "pipeline/turns.h"

#include <algorithm>

namespace loom::pipeline {

namespace {
constexpr double kBacklog = 10'000;  // messages; less is done before its order would matter
constexpr double kLeastShare = 0.1;  // new messages of a partition without a backlog wait for no more than ten rounds
}  // namespace

void share_turns(const Lane& lane) {
  const auto backlog = [](const Partition& partition) {
    return static_cast<double>(partition.source->backlog(partition.ledger.next()));
  };
  double longest = 0;
  for (const auto& partition : lane.partitions()) longest = std::max(longest, backlog(*partition));
  for (const auto& partition : lane.partitions()) {
    partition->share = longest < kBacklog ? 1 : std::max(kLeastShare, backlog(*partition) / longest);
  }
}

}  // namespace loom::pipeline
