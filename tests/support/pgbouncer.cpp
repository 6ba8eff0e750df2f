#include "support/pgbouncer.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/daemon.h"

namespace loom::testing {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kProgram = "/usr/sbin/pgbouncer";

}  // namespace

PgBouncer::PgBouncer(const PostgresServer& server, std::string_view pool_mode, int pool_size) : port_(free_port()) {
  if (!fs::exists(kProgram)) throw std::runtime_error(std::string(kProgram) + " is missing: see install-packages.sh");
  folder_ = make_private_folder("pgbouncer");
  const std::string server_port = server.address().substr(server.address().find(':') + 1);
  std::ofstream(folder_ + "/pgbouncer.ini") << "[databases]\n* = host=127.0.0.1 user=postgres port=" << server_port
                                            << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
                                            << "\nunix_socket_dir =\nauth_type = any\npool_mode = " << pool_mode
                                            << "\ndefault_pool_size = " << pool_size << "\nmax_client_conn = 500\n";
  start();
}

PgBouncer::~PgBouncer() {
  kill9();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string PgBouncer::url(const std::string& database) const {
  return "postgres://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void PgBouncer::start() {
  pid_ = start_daemon({kProgram, folder_ + "/pgbouncer.ini"}, folder_ + "/log");
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("PgBouncer ended:\n" + end_of_log(folder_ + "/log"));
    }
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("PgBouncer does not come:\n" + end_of_log(folder_ + "/log"));
    std::this_thread::sleep_for(10ms);
  }
}

void PgBouncer::kill9() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PgBouncer::restart() {
  kill9();
  start();
}

}  // namespace loom::testing
