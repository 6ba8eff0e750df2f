#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "batch/cause.h"

namespace loom::status {

/// What is wrong with a server, as the probe sees it; it may answer all the same.
struct ServerTrouble {
  batch::Cause cause = batch::Cause::none;
  std::string says;          ///< free of passwords
  double since_seconds = 0;  ///< how long it has been this cause
};

/// Whether one server answers.
struct Reachable {
  bool now = false;
  std::string error;         ///< why not; free of passwords
  double since_seconds = 0;  ///< how long it has been so
  ServerTrouble trouble{};
};

struct Health {
  Reachable database;
  Reachable kafka;
};

struct ProbeSettings {
  std::string database_url;
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
};

/// Asks database and Kafka once a second whether they are there, each on a thread and a connection of its own, so that
/// the end of either is known within five seconds, however it ended: refused, silent, or cut off. The database is also
/// asked whether it takes writes.
/// Threads: health() from any; two of its own.  Owns: a connection to each.
/// Blocks:  the destructor, up to about 3 s.
class HealthProbe {
 public:
  HealthProbe(const ProbeSettings& settings, const Clock& clock);
  ~HealthProbe();
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

  [[nodiscard]] Health health() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::status
