#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loom::testing {

/// A real PostgreSQL in a private temporary folder, on a free port of 127.0.0.1, without fsync unless asked for.
/// Started in the constructor and ready when it returns; its process ends in the destructor, or with the test.
/// Threads: one at a time (url() any).  Fails: std::runtime_error with the tail of the server's log.
class PostgresServer {
 public:
  /// `settings`: further ones, as `max_connections=20`.
  explicit PostgresServer(std::vector<std::string> settings = {});
  /// A standby with the same settings that follows this server by streaming replication, from a copy that is made now.
  struct StandbyOf {
    const PostgresServer& primary;
  };
  explicit PostgresServer(StandbyOf of);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The one that all tests of this program may share: started at first use.
  static PostgresServer& shared();

  /// HOST:PORT.
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  /// The user of the machine that it runs as; "" for the test's own.
  [[nodiscard]] static std::string user();

  /// As a crash of the machine: the server and its backends, without a word.
  void kill9();
  /// As an orderly stop that does not wait for its clients.
  void stop();
  /// As `pg_ctl stop -m immediate`: the backends quit at once, and the next start recovers.
  void stop_immediately();
  /// The server and its backends keep their connections and say nothing, until thaw().
  void freeze() const;
  void thaw() const;
  /// After kill9() or stop(): on the same port with the same data.
  void restart();

  // Replication
  /// A standby becomes a primary; returns when it takes writes.
  void promote() const;
  /// A standby hears no more of its primary: what that commits from now on, it has not.
  void stop_following() const;
  /// Whatever it was: a standby of this primary from now on, on its old port, from a copy that is made now.
  void follow(const PostgresServer& primary);

 private:
  void copy(const PostgresServer& primary);
  void start();
  void await_ready();
  void signal_all(int signal) const;

  std::vector<std::string> settings_;
  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

/// What a query found, row by row; NULL is "NULL".
using Rows = std::vector<std::vector<std::string>>;

/// A database of its own for one test, dropped afterwards: in the given server, else in that of LOOM_TEST_DATABASE_URL,
/// else in the shared one.
class TestDatabase {
 public:
  TestDatabase();
  explicit TestDatabase(const PostgresServer& server);
  /// In the server behind this connection string.
  explicit TestDatabase(std::string server_url);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

  /// Any SQL, several statements too. Throws std::runtime_error.
  void run(const std::string& sql) const;
  void run_file(const std::string& path) const;
  [[nodiscard]] Rows rows(const std::string& sql) const;
  /// The same row by row, for results that are larger than memory.
  void each_row(const std::string& sql, const std::function<void(const std::vector<std::string_view>&)>& row) const;
  /// The first value of the first row, or "" without rows.
  [[nodiscard]] std::string value(const std::string& sql) const;

 private:
  std::string server_url_;
  std::string name_;
  std::string url_;
  class Sessions;
  std::unique_ptr<Sessions> sessions_;
};

}  // namespace loom::testing
