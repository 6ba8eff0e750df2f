#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loom::testing {

/// Names and values that a program gets beside what a shell would give it; LOOM_ names of the test's own environment
/// do not reach it.
using Environment = std::map<std::string, std::string>;

/// How a process ended.
struct ProcessEnd {
  std::optional<int> exit_code;
  std::optional<int> signal;
};

/// The program under test as a child process. Its output goes to a file and is kept over restarts.
/// Threads: that of the test; the child dies with the thread that started it.
/// Owns:    the process, which is killed in the destructor.
/// Fails:   std::runtime_error when it cannot be started.
class ServiceProcess {
 public:
  ServiceProcess(std::string program, std::vector<std::string> arguments, Environment environment,
                 std::string log_path);
  ~ServiceProcess();
  ServiceProcess(ServiceProcess&& other) noexcept;
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;
  ServiceProcess& operator=(ServiceProcess&&) = delete;

  /// Starts it, again when it has ended.
  void start();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void send(int signal) const;

  /// Waits for the end; nothing when it still runs after that time.
  std::optional<ProcessEnd> await_end(std::chrono::milliseconds within);
  /// SIGTERM, and how it ended; nothing, and SIGKILL, when it took longer.
  std::optional<ProcessEnd> terminate(std::chrono::milliseconds within = std::chrono::seconds(10));
  /// SIGKILL, and how it ended.
  ProcessEnd kill9();

  /// All that it wrote, from the first start on.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] bool logged(const std::string& text) const;

 private:
  std::string program_;
  std::vector<std::string> arguments_;
  Environment environment_;
  std::string log_path_;
  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
};

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs a command of the program to its end; throws when it takes longer than that.
CommandResult run_command(const std::string& program, const std::vector<std::string>& arguments,
                          const Environment& environment, std::chrono::milliseconds within = std::chrono::seconds(30));

}  // namespace loom::testing
