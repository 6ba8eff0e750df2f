#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "lag/lag.h"
#include "lag/local_position.h"
#include "lag/waiting_dead_letters.h"

namespace loom::lag {

/// A replica that dies is replaced as the group's reporter after the lease and an interval, about 10 s.
struct MonitorSettings {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
  std::string group;
  std::string database_url;
  std::string reporter;  ///< this replica's name among those of the group; two of one name would both report
  std::chrono::milliseconds interval{2000};
  std::chrono::milliseconds lease{8000};
  /// Topics that are watched; unset: all that the group has offsets of. One that is no longer mapped would else count
  /// as stopped for as long as its offsets are stored. Called on the monitor's thread.
  std::function<bool(const std::string& topic)> covers;
};

/// Watches the whole group's lag, and how many of its dead letters wait, on a timer of its own, so that it sees a group
/// whose commits have stopped. When Kafka or the database does not answer, the last values stay, with a note: lag is
/// never missing once known.
/// Threads: latest(), waiting_dead_letters() and reports() from any; one of its own, which also calls `local`.
/// Owns:    Kafka clients, two database connections.
/// Blocks:  the destructor, for the question under way (some seconds at most).
/// Fails:   WrongSetting from the constructor; later never.
class Monitor {
 public:
  using Local = LocalPositions;
  Monitor(MonitorSettings settings, const Clock& clock, Local local);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Begins the end: no more questions, the lease given back. Returns at once; the destructor waits.
  void request_stop();

  /// Never null; empty before the first sample.
  [[nodiscard]] std::shared_ptr<const GroupLag> latest() const;
  /// Nullptr: not known yet, or there is no database. Once known it stays, as lag does.
  [[nodiscard]] std::shared_ptr<const WaitingDeadLetters> waiting_dead_letters() const;
  /// Whether this replica is the one that reports the group's lag as metrics (a lease in kafka_lag_reporters).
  [[nodiscard]] bool reports() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::lag
