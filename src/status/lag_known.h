#pragma once

#include <algorithm>

#include "lag/lag.h"

namespace loom::status {

/// Whether any partition's lag was ever known. Before that the sum over them is 0, and no answer: an autoscaler that is
/// told 0 would scale down.
inline bool is_known(const lag::GroupLag& group) {
  return std::any_of(group.partitions.begin(), group.partitions.end(),
                     [](const lag::PartitionLag& one) { return one.lag.has_value(); });
}

}  // namespace loom::status
