#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace loom::bench {

/// A program that this one starts and ends.
/// Threads: one at a time; start while no other thread runs.
/// Owns:    the process: it is killed with this object, and the kernel kills it when this process dies first.
/// Fails:   std::runtime_error when it cannot be started.
class ChildProcess {
 public:
  /// `environment` is added to this process's own; standard output and error are appended to `log`.
  ChildProcess(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
               const std::string& log);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();

  /// The exit status, 128 + the signal when one ended it.
  int wait();
  /// Sends the signal and waits; after `patience` it is killed.
  int stop(int signal, std::chrono::seconds patience);

 private:
  bool reap(bool block);

  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace loom::bench
