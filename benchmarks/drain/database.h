#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace loom::bench {

/// A plain libpq connection, without any of the service's own code: what it measures is PostgreSQL.
/// Threads: one at a time.  Owns: the connection.  Fails: std::runtime_error with the server's message.
class Database {
 public:
  explicit Database(const std::string& url);
  ~Database();
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  /// Runs a query string; returns its last statement's first value, or "" when there is none.
  std::string execute(const std::string& sql);
  std::int64_t number(const std::string& sql) { return std::stoll(execute(sql)); }

  /// All rows of a query, as text.
  std::vector<std::vector<std::string>> table(const std::string& sql);

  /// One binary COPY of complete rows, as a transaction of its own. `copy` is the whole statement.
  void copy(const std::string& statement, std::string_view rows);

 private:
  void put(std::string_view bytes);

  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Finish> connection_;
};

/// The table of the measurement: 11 columns, with or without its primary key. Made anew, empty. `chunk`: a hypertable
/// of TimescaleDB with chunks of this interval; empty: a plain table.
void create_table(Database& database, const std::string& name, bool with_key, const std::string& chunk);

/// How many rows a table has, and a number that differs as soon as one value differs, in whatever order they lie.
struct Checksum {
  std::int64_t rows = 0;
  std::string values;
  bool operator==(const Checksum&) const = default;
};
Checksum checksum(Database& database, const std::string& table);

}  // namespace loom::bench
