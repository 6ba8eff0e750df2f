#pragma once

#include <string_view>
#include <vector>

#include "admin/kafka_admin.h"

namespace loom::admin {

/// Adds the partitions of a group member's assignment, in the form that Kafka's consumer protocol gives it: a version,
/// then topics with their partitions, then what the assignor likes. Stops where the bytes make no sense. Pure.
void read_member_assignment(std::string_view bytes, std::vector<TopicPartitionOffset>& partitions);

}  // namespace loom::admin
