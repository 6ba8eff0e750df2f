#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/postgres_server.h"

namespace loom::testing {

/// Two PostgreSQL servers, of which the one follows the other, as clients see them that are told of both.
/// Threads: one at a time (url() any).  Blocks: some seconds each.  Fails: as PostgresServer.
class PostgresPair {
 public:
  /// `settings`: of both.
  explicit PostgresPair(std::vector<std::string> settings = {});

  /// Both hosts; libpq takes the one that can be written to.
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  [[nodiscard]] PostgresServer& primary() { return *servers_[primary_]; }
  [[nodiscard]] PostgresServer& standby() { return *servers_[1 - primary_]; }

  /// SIGKILL of the primary; the standby takes its place.
  void fail_over();
  /// After fail_over(): the old primary follows the new one, from a fresh copy.
  void make_standby_again();

 private:
  std::unique_ptr<PostgresServer> servers_[2];
  int primary_ = 0;
};

}  // namespace loom::testing
