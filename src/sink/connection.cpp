#include "sink/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "sink/conninfo.h"

namespace loom::sink {
namespace {

// libpq sends whole 8 KiB blocks by itself; the rest is pushed out when so much has gone in, which also bounds what
// it holds back while the server does not read.
constexpr std::size_t kFlushEvery = std::size_t{128} * 1024;
constexpr std::size_t kSqlstateLength = 5;

std::string field(const PGresult* result, int code) {
  const char* value = PQresultErrorField(result, code);
  return value == nullptr ? std::string() : std::string(value);
}

DatabaseError read_error(const PGresult* result) {
  DatabaseError error;
  error.sqlstate = field(result, PG_DIAG_SQLSTATE);
  error.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  error.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  error.context = field(result, PG_DIAG_CONTEXT);
  error.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  error.table = field(result, PG_DIAG_TABLE_NAME);
  error.hint = field(result, PG_DIAG_MESSAGE_HINT);
  error.column = field(result, PG_DIAG_COLUMN_NAME);
  if (error.message.empty()) error.message = PQresultErrorMessage(result);
  while (!error.message.empty() && error.message.back() == '\n') error.message.pop_back();
  return error;
}

Result::Kind kind_of(const PGresult* result) {
  if (result == nullptr) return Result::Kind::none;
  switch (PQresultStatus(result)) {
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
      return Result::Kind::command;
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
      return Result::Kind::tuples;
    case PGRES_COPY_IN:
      return Result::Kind::copy_in;
    default:
      return Result::Kind::error;
  }
}

constexpr std::chrono::seconds kAnsweredAtOnce{1};

bool is_sqlstate(std::string_view text) {
  return text.size() == kSqlstateLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// The code in what libpq says verbosely: `FATAL:  53300: sorry, too many clients already`. The last one, where several
/// hosts were tried; empty where none of them said anything.
std::string sqlstate_in(std::string_view verbose) {
  std::string found;
  for (std::size_t at = verbose.find(": "); at != std::string_view::npos; at = verbose.find(": ", at + 1)) {
    std::string_view rest = verbose.substr(at + 2);
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
    const bool ends = rest.size() > kSqlstateLength && rest[kSqlstateLength] == ':';
    if (ends && is_sqlstate(rest.substr(0, kSqlstateLength))) found = rest.substr(0, kSqlstateLength);
  }
  return found;
}

}  // namespace

void Result::Free::operator()(pg_result* result) const { PQclear(result); }

Result::Result(pg_result* result) : result_(result), kind_(kind_of(result)) {
  if (kind_ == Kind::error) error_ = read_error(result);
}
Result::Result(DatabaseError error) : kind_(Kind::error), error_(std::move(error)) {}

int Result::rows() const { return PQntuples(result_.get()); }
int Result::columns() const { return PQnfields(result_.get()); }
std::uint32_t Result::column_type(int column) const { return PQftype(result_.get(), column); }
bool Result::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::string_view Result::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Result::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::int64_t Result::affected() const {
  const char* digits = PQcmdTuples(result_.get());
  std::int64_t value = 0;
  std::from_chars(digits, digits + std::strlen(digits), value);
  return value;
}

void Canceller::Free::operator()(pg_cancel* cancel) const { PQfreeCancel(cancel); }
Canceller::Canceller(pg_conn* connection) : cancel_(PQgetCancel(connection)) {}
void Canceller::cancel() const {
  std::array<char, 256> why{};
  if (cancel_ != nullptr) PQcancel(cancel_.get(), why.data(), static_cast<int>(why.size()));
}

void Connection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

Connection::Connection(pg_conn* connection, Options options)
    : options_(std::move(options)), connection_(connection), canceller_(std::make_shared<Canceller>(connection)) {}
Connection::~Connection() = default;

std::unique_ptr<Connection> Connection::open(const Options& options, std::string& why) {
  DatabaseError refused;
  auto connection = open(options, refused);
  if (connection == nullptr) why = std::move(refused.message);
  return connection;
}

std::unique_ptr<Connection> Connection::open(const Options& options, DatabaseError& refused) {
  const ConnectionString target = connection_string(options.url, options.application_name, options.connect_timeout);
  if (!target.error.empty()) {
    refused.message = target.error;
    return nullptr;
  }
  const auto began = std::chrono::steady_clock::now();
  std::unique_ptr<pg_conn, Finish> raw(PQconnectdb(target.value.c_str()));
  if (PQstatus(raw.get()) != CONNECTION_OK) {
    refused.message = without_secrets(raw == nullptr ? "out of memory" : PQerrorMessage(raw.get()), options.url);
    // libpq tells the code of a refusal only in its verbose words, and these can be asked for only from now on. Words
    // alone would not do: the server's are in its own language. Silence is not asked twice.
    if (raw == nullptr || std::chrono::steady_clock::now() - began > kAnsweredAtOnce) return nullptr;
    PQsetErrorVerbosity(raw.get(), PQERRORS_VERBOSE);
    PQreset(raw.get());
    if (PQstatus(raw.get()) != CONNECTION_OK) {
      refused.sqlstate = sqlstate_in(PQerrorMessage(raw.get()));
      return nullptr;
    }
    PQsetErrorVerbosity(raw.get(), PQERRORS_DEFAULT);
  }
  // Notices (a table without rows to truncate, say) are not for stderr, which is the log.
  PQsetNoticeReceiver(
      raw.get(), [](void*, const PGresult*) {}, nullptr);
  PQsetnonblocking(raw.get(), 1);
  return std::unique_ptr<Connection>(new Connection(raw.release(), options));
}

bool Connection::wait(bool for_writing) {
  std::array<pollfd, 2> watched{};
  watched[0].fd = PQsocket(connection_.get());
  watched[0].events = static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN);
  watched[1].fd = options_.stop_fd;  // poll() passes over a negative one
  watched[1].events = POLLIN;
  const auto until = std::chrono::steady_clock::now() + options_.silence;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    const int ready = left <= 0 ? 0 : poll(watched.data(), watched.size(), static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready > 0 && watched[1].revents != 0) {
      lost_why_ = "given up because the service stops";
    } else if (ready > 0) {
      return true;
    } else {
      lost_why_ = ready == 0 ? "the server did not answer in time" : std::strerror(errno);
    }
    lost_ = true;
    return false;
  }
}

bool Connection::flush() {
  unflushed_ = 0;
  while (!lost_) {
    const int left = PQflush(connection_.get());
    if (left == 0) return true;
    if (left < 0) return false;  // next() gives the reason, maybe the server's own
    if (!wait(true)) return false;
    // The server may be writing to us and not read until we do.
    if (PQconsumeInput(connection_.get()) == 0) return false;
  }
  return false;
}

bool Connection::send(const std::string& sql) {
  if (lost_) return false;
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    lost_ = true;
    lost_why_ = without_secrets(PQerrorMessage(connection_.get()), options_.url);
    return false;
  }
  flush();  // whether it went out or not, next() says what came of it
  return true;
}

Result Connection::next() {
  while (!lost_ && PQisBusy(connection_.get()) != 0) {
    if (!wait(false)) break;
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  if (lost_) return Result(lost_error());
  Result result(PQgetResult(connection_.get()));
  if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    lost_ = true;
    lost_why_ = result.kind() == Result::Kind::error ? result.error().message : "the connection was lost";
    if (result.kind() != Result::Kind::error) return Result(lost_error());
  }
  return result;
}

void Connection::drain() {
  while (!lost_) {
    const Result result = next();
    if (result.kind() == Result::Kind::none) return;
    if (result.kind() == Result::Kind::copy_in) end_copy("not wanted any more");
  }
}

Result Connection::execute(const std::string& sql) {
  if (!send(sql)) return Result(lost_error());
  Result last;
  for (Result result = next(); result.kind() != Result::Kind::none; result = next()) {
    const bool failed = result.kind() == Result::Kind::error;
    last = std::move(result);
    if (failed) {
      drain();
      break;
    }
  }
  return last;
}

bool Connection::put(std::string_view bytes) {
  while (!lost_) {
    const int taken = PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (taken < 0) return false;
    if (taken > 0) break;
    if (!flush()) return false;
  }
  unflushed_ += bytes.size();
  if (unflushed_ >= kFlushEvery) return flush();
  return !lost_;
}

bool Connection::end_copy(const char* failure) {
  while (!lost_) {
    const int taken = PQputCopyEnd(connection_.get(), failure);
    if (taken < 0) return false;
    if (taken > 0) return flush();
    if (!flush()) return false;
  }
  return false;
}

bool Connection::probe_lost() {
  // What an idle connection has to say is a parameter change or its end: the server's last words, then end of file.
  for (int round = 0; round < 3 && !lost_; ++round) {
    pollfd watched{PQsocket(connection_.get()), POLLIN, 0};
    if (poll(&watched, 1, 0) <= 0) break;
    if (PQconsumeInput(connection_.get()) == 0 || PQstatus(connection_.get()) == CONNECTION_BAD) {
      lost_ = true;
      lost_why_ = "the connection was closed while it was idle";
    }
  }
  return lost_;
}

std::string Connection::literal(std::string_view text) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(connection_.get(), text.data(), text.size()),
                                                           PQfreemem);
  return quoted == nullptr ? "NULL" : quoted.get();
}

int Connection::server_version() const { return PQserverVersion(connection_.get()); }

DatabaseError Connection::lost_error() const {
  DatabaseError error;
  error.message = lost_why_.empty() ? "the connection was lost" : lost_why_;
  return error;
}

}  // namespace loom::sink
