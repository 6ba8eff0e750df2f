#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sink/conninfo.h"

struct pg_conn;
struct pg_result;
struct pg_cancel;

namespace loom::sink {

/// A statement's failure as the server said it, or libpq, when the connection itself failed.
struct DatabaseError {
  std::string sqlstate;  ///< empty: it did not come from the server
  std::string message;
  std::string detail;
  std::string context;     ///< `COPY t, line 7, column c: ...` tells the row
  std::string constraint;  ///< also the name of a unique index
  std::string table;
  std::string hint{};  ///< the server's advice; often it names a setting
  std::string column{};

  /// For dead letters: the message, and its detail where there is one.
  [[nodiscard]] std::string text() const { return detail.empty() ? message : message + ": " + detail; }
  /// For the log and status: with the server's advice.
  [[nodiscard]] std::string advice() const { return hint.empty() ? text() : text() + " (" + hint + ")"; }
};

/// One result of a query string. Owns it.
class Result {
 public:
  enum class Kind : std::uint8_t {
    none,     ///< the query string has no more results
    command,  ///< a statement without rows went through
    tuples,
    copy_in,  ///< the server waits for COPY data
    error
  };

  Result() = default;
  explicit Result(pg_result* result);
  explicit Result(DatabaseError error);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const DatabaseError& error() const { return error_; }
  [[nodiscard]] int rows() const;
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::uint32_t column_type(int column) const;
  [[nodiscard]] bool is_null(int row, int column) const;
  [[nodiscard]] std::string_view text(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  /// Rows that the command inserted, copied, updated or deleted.
  [[nodiscard]] std::int64_t affected() const;

 private:
  struct Free {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Free> result_;
  Kind kind_ = Kind::none;
  DatabaseError error_;
};

/// Asks the server to end what a connection is doing. Outlives the connection, so that a stop can use it at any time.
/// Threads: any.  Blocks: until the server has taken the request, up to the connection's tcp_user_timeout.
class Canceller {
 public:
  explicit Canceller(pg_conn* connection);
  void cancel() const;

 private:
  struct Free {
    void operator()(pg_cancel* cancel) const;
  };
  std::unique_ptr<pg_cancel, Free> cancel_;
};

/// A connection to PostgreSQL, and the only place that calls libpq on the data path.
/// Threads: one at a time, but for the Canceller.
/// Owns:    the connection and its socket.
/// Blocks:  every call until it is done, the server has been silent for `silence`, or `stop_fd` has become readable.
/// Fails:   by its results; once lost() it stays lost, and a new one is to be opened.
class Connection {
 public:
  struct Options {
    std::string url;
    std::string application_name;
    std::chrono::seconds connect_timeout = kConnectTimeout;
    std::chrono::milliseconds silence{90'000};  ///< a server that says nothing for so long counts as lost
    int stop_fd = -1;                           ///< readable: give up at once (-1: nothing to watch)
  };

  /// nullptr when there is no connecting; `refused` then says why, without secrets. Its SQLSTATE is empty where it was
  /// not the server that refused.
  static std::unique_ptr<Connection> open(const Options& options, DatabaseError& refused);
  /// The same for those who only want to tell people.
  static std::unique_ptr<Connection> open(const Options& options, std::string& why);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends a query string; its results come one by one from next(), until one of Kind::none.
  bool send(const std::string& sql);
  Result next();
  /// Takes what results are left.
  void drain();
  /// send() and the last result, or the first that failed.
  Result execute(const std::string& sql);

  /// COPY data, when next() gave Kind::copy_in. False: it broke, and next() says how.
  bool put(std::string_view bytes);
  /// Ends the COPY; a `failure` makes the server undo it.
  bool end_copy(const char* failure = nullptr);

  /// Whether the connection is gone. `probe` looks at the socket too, for use before a query is sent.
  [[nodiscard]] bool lost() const { return lost_; }
  bool probe_lost();

  [[nodiscard]] std::string literal(std::string_view text) const;
  /// PostgreSQL's, as its number: 150018 is 15.18.
  [[nodiscard]] int server_version() const;
  /// The server refused a query that PostgreSQL takes, since it is distributed (Citus): it is not asked again.
  void note_refused_lateral() { takes_lateral_ = false; }
  [[nodiscard]] bool takes_lateral() const { return takes_lateral_; }
  [[nodiscard]] std::shared_ptr<const Canceller> canceller() const { return canceller_; }

 private:
  explicit Connection(pg_conn* connection, Options options);
  bool wait(bool for_writing);
  bool flush();
  DatabaseError lost_error() const;

  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  Options options_;
  std::unique_ptr<pg_conn, Finish> connection_;
  std::shared_ptr<const Canceller> canceller_;
  std::size_t unflushed_ = 0;  // COPY bytes handed to libpq since the last flush
  bool takes_lateral_ = true;
  bool lost_ = false;
  std::string lost_why_;
};

}  // namespace loom::sink
