#include "armed_failpoints.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace loom::testing {

namespace {

constexpr std::chrono::milliseconds kLookEvery{5};
constexpr std::int64_t kHangMs = 10'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int signal_of(const std::string& action) {
  if (action == "kill") return SIGKILL;
  if (action == "stop") return SIGSTOP;
  if (action == "hang") return 0;
  std::cerr << "FAULT_AT: there is no action \"" << action << "\"\n";
  std::_Exit(2);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int point_named(const std::string& name) {
  for (std::size_t i = 0; i < kFailpoints; ++i) {
    if (to_string(static_cast<Failpoint>(i)) == name) return static_cast<int>(i);
  }
  std::cerr << "FAULT_AT: no point is called \"" << name << "\"\n";
  std::_Exit(2);
}

}  // namespace

ArmedFailpoints::ArmedFailpoints() : order_(variable("FAULT_AT")), log_(variable("FAULT_LOG")) {
  if (order_.empty()) return;
  take_order();
  // The service waits for its signals in main: no other thread may take them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watcher_ = std::thread([this] {
    while (!stopping_) {
      std::this_thread::sleep_for(kLookEvery);
      take_order();
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ArmedFailpoints::~ArmedFailpoints() {
  stopping_ = true;
  if (watcher_.joinable()) watcher_.join();
}

void ArmedFailpoints::take_order() {
  std::ifstream file(order_);
  std::string point;
  std::string nth;
  std::string action;
  if (!file || !std::getline(file, point, ':') || !std::getline(file, nth, ':') || !std::getline(file, action)) return;
  passes_left_ = std::stoll(nth);
  signal_ = signal_of(action);
  point_ = point_named(point);  // last: it arms
  unlink(order_.c_str());
}

void ArmedFailpoints::reach(Failpoint point) {
  if (point_.load(std::memory_order_acquire) == static_cast<int>(point) && passes_left_.fetch_sub(1) == 1) fire(point);
  while (now_ms() < hang_until_ms_.load(std::memory_order_relaxed)) std::this_thread::sleep_for(kLookEvery);
}

void ArmedFailpoints::fire(Failpoint point) {
  point_ = -1;
  const std::string line = std::string(to_string(point)) + " " + std::to_string(getpid()) + "\n";
  const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0 || write(log, line.data(), line.size()) < 0) std::_Exit(3);
  close(log);
  if (signal_ == 0) {
    hang_until_ms_ = now_ms() + kHangMs;
  } else {
    // To this thread: one for the process may go to another, and this one would run on for a while.
    raise(signal_);
  }
}

}  // namespace loom::testing
