#pragma once

#include <memory>
#include <string>

struct pg_conn;

namespace loom::testing {

/// A session of another user of the database that stays open: its transaction holds what it holds (a snapshot, a lock,
/// a place among max_connections) until the test ends it.
/// Threads: one at a time.  Fails: std::runtime_error, with what the server said.
class HeldSession {
 public:
  explicit HeldSession(const std::string& url);
  ~HeldSession();
  HeldSession(HeldSession&&) noexcept;
  HeldSession& operator=(HeldSession&&) noexcept;
  HeldSession(const HeldSession&) = delete;
  HeldSession& operator=(const HeldSession&) = delete;

  void run(const std::string& sql) { static_cast<void>(value(sql)); }
  /// The first value of the first row, or "" without rows.
  std::string value(const std::string& sql);

 private:
  struct Finish {
    void operator()(pg_conn* session) const;
  };
  std::unique_ptr<pg_conn, Finish> session_;
};

}  // namespace loom::testing
