#include "support/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/daemon.h"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path server_programs() {
  const char* const chosen = std::getenv("LOOM_POSTGRES_BIN");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  fs::path newest;
  const fs::path root = "/usr/lib/postgresql";
  if (fs::exists(root)) {
    for (const auto& version : fs::directory_iterator(root)) {
      const bool usable = fs::exists(version.path() / "bin" / "postgres");
      if (usable && (newest.empty() || std::stoi(version.path().filename()) > std::stoi(newest.filename()))) {
        newest = version.path();
      }
    }
  }
  if (newest.empty()) throw std::runtime_error("no PostgreSQL server programs under /usr/lib/postgresql");
  return newest / "bin";
}

/// State and parent of a process as /proc has them; '\0' when it is gone.
std::pair<char, pid_t> process_state(const fs::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  std::getline(file, line);
  const auto after_name = line.rfind(')');
  if (after_name == std::string::npos) return {'\0', 0};
  std::istringstream rest(line.substr(after_name + 1));
  char state = '\0';
  pid_t parent = 0;
  rest >> state >> parent;
  return {state, parent};
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (process_state(entry.path()).second == parent) children.push_back(std::stoi(name));
  }
  return children;
}

void await_end(pid_t pid) {
  const fs::path folder = "/proc/" + std::to_string(pid);
  for (int i = 0; i < 1000; ++i) {
    const char state = process_state(folder).first;
    if (state == '\0' || state == 'Z') return;
    std::this_thread::sleep_for(5ms);
  }
}

using Session = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

Session connect(const std::string& url) {
  Session session(PQconnectdb(url.c_str()), PQfinish);
  if (PQstatus(session.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(session.get()));
  PQsetNoticeReceiver(
      session.get(), [](void*, const PGresult*) {}, nullptr);
  return session;
}

Answer execute(PGconn* session, const std::string& sql) {
  Answer rows(PQexec(session, sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(rows.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(std::string(PQresultErrorMessage(rows.get())) + " in: " + sql);
  }
  return rows;
}

Answer execute(const std::string& url, const std::string& sql) { return execute(connect(url).get(), sql); }

std::string with_database(const std::string& url, const std::string& database) {
  std::string out;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                             PQconninfoFree);
  if (options == nullptr) throw std::runtime_error("LOOM_TEST_DATABASE_URL is not a connection string");
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::strcmp(option->keyword, "dbname") == 0) continue;
    out += std::string(option->keyword) + "='" + option->val + "' ";
  }
  return out + "dbname=" + database;
}

std::string given_or_shared() {
  const char* given = std::getenv("LOOM_TEST_DATABASE_URL");
  return given != nullptr && *given != '\0' ? std::string(given) : PostgresServer::shared().url();
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> settings)
    : settings_(std::move(settings)), folder_(make_private_folder("postgres")) {
  const pid_t initdb = start_daemon({server_programs() / "initdb", "-D", folder_ + "/data", "-U", "postgres", "-A",
                                     "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                                    folder_ + "/log");
  int status = 0;
  if (waitpid(initdb, &status, 0) != initdb || status != 0)
    throw std::runtime_error("initdb failed:\n" + end_of_log(folder_ + "/log"));
  port_ = free_port();
  start();
}

PostgresServer::PostgresServer(StandbyOf of)
    : settings_(of.primary.settings_), folder_(make_private_folder("postgres")) {
  copy(of.primary);
  port_ = free_port();
  start();
}

PostgresServer::~PostgresServer() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgres://postgres@" + address() + "/" + database;
}

std::string PostgresServer::user() {
  const passwd* user = unprivileged_user();
  return user == nullptr ? "" : user->pw_name;
}

void PostgresServer::start() {
  std::vector<std::string> command = {server_programs() / "postgres", "-D", folder_ + "/data"};
  std::vector<std::string> settings = {"port=" + std::to_string(port_),
                                       "listen_addresses=127.0.0.1",
                                       "unix_socket_directories=",
                                       "fsync=off",
                                       "full_page_writes=off",
                                       "log_line_prefix=%m [%p] %a ",
                                       "timezone=UTC"};
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  for (const auto& setting : settings) command.insert(command.end(), {"-c", setting});
  pid_ = start_daemon(command, folder_ + "/log");
  await_ready();
}

void PostgresServer::await_ready() {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (PQping(url().c_str()) != PQPING_OK) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("the server ended:\n" + end_of_log(folder_ + "/log"));
    }
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the server does not come:\n" + end_of_log(folder_ + "/log"));
    std::this_thread::sleep_for(10ms);
  }
}

void PostgresServer::kill9() {
  if (pid_ < 0) return;
  const std::vector<pid_t> backends = children_of(pid_);
  kill(pid_, SIGKILL);
  for (const pid_t backend : backends) kill(backend, SIGKILL);
  waitpid(pid_, nullptr, 0);
  for (const pid_t backend : backends) await_end(backend);
  fs::remove(folder_ + "/data/postmaster.pid");
  pid_ = -1;
}

void PostgresServer::stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGINT);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::stop_immediately() {
  if (pid_ < 0) return;
  kill(pid_, SIGQUIT);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::signal_all(int signal) const {
  if (pid_ < 0) return;
  kill(pid_, signal);  // the postmaster first: then there are no new children
  for (const pid_t child : children_of(pid_)) kill(child, signal);
}

void PostgresServer::freeze() const { signal_all(SIGSTOP); }
void PostgresServer::thaw() const { signal_all(SIGCONT); }

void PostgresServer::restart() {
  stop();
  start();
}

void PostgresServer::copy(const PostgresServer& primary) {
  const pid_t copying = start_daemon({server_programs() / "pg_basebackup", "-D", folder_ + "/data", "-d", primary.url(),
                                      "--wal-method=stream", "--checkpoint=fast", "--write-recovery-conf", "--no-sync"},
                                     folder_ + "/log");
  int status = 0;
  if (waitpid(copying, &status, 0) != copying || status != 0) {
    throw std::runtime_error("pg_basebackup failed:\n" + end_of_log(folder_ + "/log"));
  }
}

void PostgresServer::promote() const {
  if (PQgetvalue(execute(url(), "SELECT pg_promote(true, 30)").get(), 0, 0) != std::string("t")) {
    throw std::runtime_error("the standby was not promoted:\n" + end_of_log(folder_ + "/log"));
  }
}

void PostgresServer::stop_following() const {
  execute(url(), "ALTER SYSTEM SET primary_conninfo = ''");
  execute(url(), "SELECT pg_reload_conf()");
  for (int i = 0; i < 1000; ++i) {
    if (PQntuples(execute(url(), "SELECT FROM pg_stat_wal_receiver").get()) == 0) return;
    std::this_thread::sleep_for(5ms);
  }
  throw std::runtime_error("the standby goes on following:\n" + end_of_log(folder_ + "/log"));
}

void PostgresServer::follow(const PostgresServer& primary) {
  stop();
  fs::remove_all(folder_ + "/data");
  copy(primary);
  start();
}

/// Tests look again and again, and a new session costs the server more than most of their questions. Each use begins as
/// a new session would: without the last one's settings, temporary tables and locks.
class TestDatabase::Sessions {
 public:
  Answer execute(const std::string& url, const std::string& sql) {
    Session session = take(url);
    Answer answer = testing::execute(session.get(), sql);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
    return answer;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }

 private:
  Session take(const std::string& url) {
    while (true) {
      Session session(nullptr, PQfinish);
      {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) break;
        session = std::move(idle_.back());
        idle_.pop_back();
      }
      const Answer fresh(PQexec(session.get(), "DISCARD ALL"), PQclear);
      if (PQresultStatus(fresh.get()) == PGRES_COMMAND_OK) return session;
    }
    return connect(url);
  }

  std::mutex mutex_;
  std::vector<Session> idle_;
};

TestDatabase::TestDatabase() : TestDatabase(given_or_shared()) {}
TestDatabase::TestDatabase(const PostgresServer& server) : TestDatabase(server.url()) {}

TestDatabase::TestDatabase(std::string server_url)
    : server_url_(std::move(server_url)), sessions_(std::make_unique<Sessions>()) {
  static int number = 0;
  name_ = "loom_test_" + std::to_string(getpid()) + "_" + std::to_string(++number);
  execute(server_url_, "CREATE DATABASE " + name_);
  url_ = with_database(server_url_, name_);
}

TestDatabase::~TestDatabase() {
  sessions_->close();
  try {
    execute(server_url_, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server is down, as the test wanted it: its folder goes with it.
  }
}

void TestDatabase::run(const std::string& sql) const { sessions_->execute(url_, sql); }

void TestDatabase::run_file(const std::string& path) const {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no file " + path);
  std::ostringstream text;
  text << file.rdbuf();
  run(text.str());
}

Rows TestDatabase::rows(const std::string& sql) const {
  const Answer result = sessions_->execute(url_, sql);
  std::vector<std::vector<std::string>> out(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t row = 0; row < out.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const int r = static_cast<int>(row);
      const bool null = PQgetisnull(result.get(), r, column) != 0;
      out[row].emplace_back(null ? "NULL" : PQgetvalue(result.get(), r, column));
    }
  }
  return out;
}

void TestDatabase::each_row(const std::string& sql,
                            const std::function<void(const std::vector<std::string_view>&)>& row) const {
  const Session session = connect(url_);
  if (PQsendQuery(session.get(), sql.c_str()) == 0 || PQsetSingleRowMode(session.get()) == 0) {
    throw std::runtime_error(PQerrorMessage(session.get()));
  }
  std::vector<std::string_view> values;
  while (PGresult* next = PQgetResult(session.get())) {
    const Answer result(next, PQclear);
    const ExecStatusType status = PQresultStatus(next);
    if (status == PGRES_TUPLES_OK) continue;  // the end of the rows
    if (status != PGRES_SINGLE_TUPLE) throw std::runtime_error(std::string(PQresultErrorMessage(next)) + " in: " + sql);
    values.clear();
    for (int column = 0; column < PQnfields(next); ++column) {
      const bool null = PQgetisnull(next, 0, column) != 0;
      values.emplace_back(
          null ? std::string_view("NULL")
               : std::string_view(PQgetvalue(next, 0, column), static_cast<std::size_t>(PQgetlength(next, 0, column))));
    }
    row(values);
  }
}

std::string TestDatabase::value(const std::string& sql) const {
  const auto all = rows(sql);
  return all.empty() || all[0].empty() ? "" : all[0][0];
}

}  // namespace loom::testing
