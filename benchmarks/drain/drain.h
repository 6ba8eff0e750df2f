#pragma once

#include <string>

#include "options.h"

namespace loom::bench {

/// One drain of the whole topic by the service, from an empty table. Seconds are CPU seconds between the first row
/// and the last, but for consumer_cpu, which counts from the start of the process.
struct DrainRun {
  double rows_per_second = 0;
  double seconds = 0;           ///< from the first row to the last
  double seconds_to_first = 0;  ///< from the start of the process to the first row
  double idle_share = 0;        ///< of all CPUs' time; disk_wait_share comes on top
  double disk_wait_share = 0;
  double stolen_share = 0;
  double others_share = 0;  ///< taken by programs that have no part in this
  double consumer_cpu = 0;
  double postgres_cpu = 0;
  double kafka_cpu = 0;
  double peak_megabytes = 0;
  double rows_a_transaction = 0;  ///< what the batches grew to, on average
};

/// Runs the consumer with its default settings as a group of its own until the topic is drained; then stops it.
/// The table must be there, empty.  `name` is part of the group's and the log's name.
/// Blocks: until all is stored.  Fails: std::runtime_error when it ends early or nothing comes for a minute.
DrainRun drain_topic(const Options& options, const std::string& name);

/// Applies the service's migrations: the offsets table has to be there to be watched.
void migrate(const Options& options);

}  // namespace loom::bench
