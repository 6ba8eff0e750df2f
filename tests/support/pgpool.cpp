#include "support/pgpool.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>

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

constexpr const char* kPgpool = "/usr/sbin/pgpool";

}  // namespace

Pgpool::Pgpool(const PostgresServer& server) : port_(free_port()) {
  if (!fs::exists(kPgpool)) throw std::runtime_error(std::string(kPgpool) + " is missing: see install-packages.sh");
  folder_ = make_private_folder("pgpool");
  const std::string server_port = server.address().substr(server.address().find(':') + 1);
  std::ofstream(folder_ + "/pgpool.conf")
      << "backend_clustering_mode = 'raw'\nlisten_addresses = '127.0.0.1'\nport = " << port_ << "\nsocket_dir = '"
      << folder_ << "'\npcp_socket_dir = '" << folder_ << "'\npcp_port = " << free_port() << "\npid_file_name = '"
      << folder_ << "/pid'\nlogdir = '" << folder_ << "'\nwork_dir = '" << folder_
      << "'\nbackend_hostname0 = '127.0.0.1'\nbackend_flag0 = 'DISALLOW_TO_FAILOVER'\nbackend_port0 = " << server_port
      << "\nnum_init_children = 32\nmax_pool = 1\nsr_check_period = 0\nhealth_check_period = 0\nload_balance_mode = "
         "off\n"
         "pool_passwd = ''\n";
  std::ofstream(folder_ + "/pcp.conf") << "";
  start();
}

Pgpool::~Pgpool() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Pgpool::url(const std::string& database) const {
  return "postgres://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void Pgpool::start() {
  pid_ = start_daemon({kPgpool, "-n", "-D", "-f", folder_ + "/pgpool.conf", "-F", folder_ + "/pcp.conf"},
                      folder_ + "/log");
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("Pgpool-II ended:\n" + end_of_log(folder_ + "/log"));
    }
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("Pgpool-II does not come:\n" + end_of_log(folder_ + "/log"));
    }
    std::this_thread::sleep_for(10ms);
  }
}

void Pgpool::stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGQUIT);  // its "immediate"
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Pgpool::restart() {
  stop();
  start();
}

}  // namespace loom::testing
