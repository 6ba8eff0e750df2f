#pragma once

#include "mapping/mapping_file.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {

/// Reads the topic's key `hypertable`.
void read_hypertable(const Entry& entry, const Place& place, Findings& findings, TopicMapping& topic);

/// Reads the topic's key `partition`: a map, or only what it is divided by (`day`).
void read_partition(const Entry& entry, const Place& place, Findings& findings, TopicMapping& topic);

/// What both of them together mean, when all keys of the topic are read.
void finish_time_storage(TopicMapping& topic, Findings& findings);

}  // namespace loom::mapping
