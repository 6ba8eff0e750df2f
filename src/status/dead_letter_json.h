#pragma once

#include <string>

#include "status/json_values.h"
#include "status/snapshot.h"

/// What /status and /topics say of dead letters: how many there were since the start, and how many wait. Pure.
namespace loom::status {

/// The key `dead_letters` of /status.
Json dead_letters(const Snapshot& snapshot);

/// Since the start: how many of each reason that occurred.
Json dead_letters_by_reason(const pipeline::TopicCounters& counters);

/// Those of a topic that wait; null: not known.
Json waiting_dead_letters(const Snapshot& snapshot, const std::string& topic);

}  // namespace loom::status
