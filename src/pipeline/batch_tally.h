#pragma once

#include <cstdint>

#include "batch/batch.h"
#include "batch/outcome.h"
#include "pipeline/counters.h"

namespace loom::pipeline {

/// Adds a committed batch to the counters. `wall_us`: now, microseconds since 1970.
/// Threads: any.
void count_committed(Counters& counters, TopicCounters& topic, const batch::Batch& batch, const batch::Outcome& outcome,
                     std::int64_t wall_us);

}  // namespace loom::pipeline
