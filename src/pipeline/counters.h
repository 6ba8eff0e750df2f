#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/reject.h"

namespace loom::pipeline {

/// What the pipeline did since it started, for logs, status and metrics. Threads: any; plain sums, read at leisure.
struct Counters {
  std::atomic<std::uint64_t> messages{0};           ///< taken from Kafka into a batch
  std::atomic<std::uint64_t> rows{0};               ///< committed
  std::atomic<std::uint64_t> batches{0};            ///< committed
  std::atomic<std::uint64_t> merged_batches{0};     ///< of these, through the staging merge
  std::atomic<std::uint64_t> retried_batches{0};    ///< attempts that ended in retry or in doubt
  std::atomic<std::uint64_t> stale_batches{0};      ///< refused by the compare
  std::atomic<std::uint64_t> stopped_topics{0};     ///< times that a topic was stopped
  std::atomic<std::uint64_t> outdated_messages{0};  ///< skipped: taken before
  std::atomic<std::uint64_t> gaps_verified{0};      ///< gaps after an assignment or seek that were fetched twice
  std::atomic<std::uint64_t> lost_to_retention{0};  ///< messages gone from the log before they were stored
  std::array<std::atomic<std::uint64_t>, kRejectReasons> dead_letters{};  ///< committed, by RejectReason
};

}  // namespace loom::pipeline
