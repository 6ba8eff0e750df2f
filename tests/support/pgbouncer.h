#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "support/postgres_server.h"

namespace loom::testing {

/// A real PgBouncer in front of a server, in a private temporary folder, on a free port of 127.0.0.1.
/// Threads: one at a time.  Blocks: starting, below a second.  Fails: std::runtime_error with the tail of its log.
class PgBouncer {
 public:
  /// `pool_mode`: "session", "transaction", "statement". Sessions beyond `pool_size` in a database wait.
  PgBouncer(const PostgresServer& server, std::string_view pool_mode, int pool_size);
  ~PgBouncer();
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  [[nodiscard]] std::string url(const std::string& database) const;
  void kill9();
  /// After kill9(): on the same port.
  void restart();

 private:
  void start();

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace loom::testing
