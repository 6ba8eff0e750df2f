#pragma once

#include <string>

#include "options.h"
#include "watch.h"

namespace loom::bench {

/// A load of so many messages a second, and how long each message took: from being handed to the producer to the
/// commit of its row, as PostgreSQL itself recorded it (track_commit_timestamp).
struct SteadyRun {
  std::uint64_t messages = 0;  ///< that count
  double sent_per_second = 0;
  double p50 = 0;  ///< milliseconds, like those below
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double longest = 0;
  double late_p99 = 0;  ///< how much after its time the producer sent one, 99th percentile
  Spent spent;          ///< while those were sent
  double peak_megabytes = 0;
  double rows_a_transaction = 0;
};

/// The options' rate for their time, behind three seconds that do not count, through one topic into one table; with
/// the service running before the first is sent. The topic must be new.
/// Blocks: until all is stored.  Fails: std::runtime_error, also when a row is missing.
SteadyRun measure_steady(const Options& options, const Variant& variant);

}  // namespace loom::bench
