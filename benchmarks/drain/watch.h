#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "child_process.h"
#include "database.h"
#include "machine.h"
#include "options.h"

namespace loom::bench {

/// The consumers of one measurement, its replicas.
using Consumers = std::vector<std::unique_ptr<ChildProcess>>;

/// Everything that is read at the begin and at the end of a measurement: CPU seconds so far.
struct Snapshot {
  std::chrono::steady_clock::time_point time;
  MachineCpu machine;
  double consumer = 0;  ///< all replicas
  double postgres = 0;
  double kafka = 0;
  double ourselves = 0;
};
Snapshot take_snapshot(const Options& options, const Consumers& consumers);

/// What all of them have used since they started, and the most memory that one of them had.
double cpu_of(const Consumers& consumers);
double peak_megabytes_of(const Consumers& consumers);

/// What happened between two snapshots.
struct Spent {
  double seconds = 0;
  double idle_share = 0;  ///< of all CPUs' time; disk_wait_share comes on top
  double disk_wait_share = 0;
  double stolen_share = 0;
  double others_share = 0;  ///< taken by programs that have no part in this
  double consumer_cpu = 0;
  double postgres_cpu = 0;
  double kafka_cpu = 0;
  double our_cpu = 0;
};
Spent spent_between(const Snapshot& from, const Snapshot& to);

/// Polls the stored offsets of a group until they are the topics' ends.
/// Threads: one at a time.  Owns: its own connection, which no delay is put into.
class Watch {
 public:
  Watch(const Options& options, const std::string& group);

  /// Messages that are done with: the offsets of all partitions together.
  std::int64_t stored();
  /// Partitions that the group has claimed: their rows are there before their first message is fetched.
  std::int64_t claimed();
  /// Messages that went to the dead letters.
  std::int64_t dead_letters();
  /// Transactions that the database committed so far, without the watch's own.
  std::int64_t commits();

  /// `first` and `last` are then the snapshots before the first row and after the last one.
  /// Fails: std::runtime_error when a consumer ends or nothing comes for a minute.
  void until_drained(const Consumers& consumers, const std::string& log);

  Snapshot first;
  Snapshot last;

 private:
  const Options& options_;
  Database database_;
  std::string where_;
  std::int64_t looks_ = 0;
};

}  // namespace loom::bench
