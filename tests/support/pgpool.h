#pragma once

#include <sys/types.h>

#include <string>

#include "support/postgres_server.h"

namespace loom::testing {

/// A real Pgpool-II in front of one server, in a private temporary folder, on a free port of 127.0.0.1. It reads each
/// query, and ends sessions behind it by its own rules.
/// Threads: one at a time.  Blocks: starting and stopping, some seconds.
/// Fails:   std::runtime_error with the tail of its log.
class Pgpool {
 public:
  explicit Pgpool(const PostgresServer& server);
  ~Pgpool();
  Pgpool(const Pgpool&) = delete;
  Pgpool& operator=(const Pgpool&) = delete;

  [[nodiscard]] std::string url(const std::string& database) const;
  /// Its sessions end at once.
  void stop();
  /// After stop(): on the same port.
  void restart();

 private:
  void start();

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace loom::testing
