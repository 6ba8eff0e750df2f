#pragma once

#include "base/clock.h"
#include "base/failpoints.h"
#include "decode/make_decoder.h"
#include "pipeline/counters.h"
#include "pipeline/memory_budget.h"

namespace loom::pipeline {

/// What all lanes and workers of a process share.
/// Threads: each part has its own synchronisation.
/// Owns:    nothing; its parts outlive the pipeline.
struct Context {
  const Clock& clock;
  Counters& counters;
  MemoryBudget& memory;
  Failpoints& failpoints;
  decode::Registry registry{};  ///< of schemas; mostly there is none
};

}  // namespace loom::pipeline
