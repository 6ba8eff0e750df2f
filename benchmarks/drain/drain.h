#pragma once

#include <cstdint>
#include <string>

#include "options.h"
#include "watch.h"

namespace loom::bench {

/// One drain of all topics by the service, from empty tables. Seconds are CPU seconds between the first row
/// and the last, but for consumer_cpu, which counts from the start of the process.
struct DrainRun {
  double rows_per_second = 0;   ///< messages, were some of them bad or repeated
  double seconds = 0;           ///< from the first row to the last
  double seconds_to_first = 0;  ///< from the start of the process to the first row
  double idle_share = 0;        ///< of all CPUs' time; disk_wait_share comes on top
  double disk_wait_share = 0;
  double stolen_share = 0;
  double others_share = 0;  ///< taken by programs that have no part in this
  double consumer_cpu = 0;  ///< of all replicas
  double postgres_cpu = 0;
  double kafka_cpu = 0;
  double peak_megabytes = 0;      ///< of the replica with the most
  double rows_a_transaction = 0;  ///< what the batches grew to, on average
  std::int64_t dead_letters = 0;
};

/// Runs the consumer, with its default settings but for the variant's, as a group of its own until the topics are
/// drained; then stops it. The tables must be there, empty.  `name` is part of the group's and the log's name.
/// Blocks: until all is stored.  Fails: std::runtime_error when it ends early or nothing comes for a minute.
DrainRun drain_topic(const Options& options, const std::string& name, const Variant& variant = {});

/// The service's replicas in that group, just started. `log`: all of them write there.
Consumers start_consumers(const Options& options, const Variant& variant, const std::string& group,
                          const std::string& log);
/// Ends them as an operator would.  Blocks: 15 s each.  Fails: std::runtime_error when one ends with another status.
void stop_consumers(Consumers& consumers, const std::string& log);

/// Applies the service's migrations: the offsets table has to be there to be watched.
void migrate(const Options& options);

}  // namespace loom::bench
