#pragma once

#include <memory>

#include "pipeline/counters.h"
#include "status/snapshot.h"

namespace loom::status {

/// A snapshot in which everything that can be there is there, and the counters that it points to.
struct FullSnapshot {
  FullSnapshot();

  pipeline::Counters counters;
  Snapshot snapshot;
};

}  // namespace loom::status
