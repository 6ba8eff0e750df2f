#include "child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace loom::bench {
namespace {

/// The pointers that execvpe wants; they point into `strings`.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> joined_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) out.push_back(text);
  }
  for (const auto& [name, value] : added) out.push_back(std::string(name).append("=").append(value));
  return out;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::map<std::string, std::string>& environment, const std::string& log) {
  std::vector<std::string> words = command;
  std::vector<std::string> entries = joined_environment(environment);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> names = pointers(entries);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) throw std::runtime_error("cannot write " + log);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvpe(arguments[0], arguments.data(), names.data());
    _exit(127);
  }
  close(output);
  if (pid_ < 0) throw std::runtime_error("cannot start " + command.front());
}

ChildProcess::~ChildProcess() { stop(SIGKILL, std::chrono::seconds(5)); }

bool ChildProcess::reap(bool block) {
  if (ended_) return true;
  int status = 0;
  const pid_t found = waitpid(pid_, &status, block ? 0 : WNOHANG);
  if (found == 0) return false;
  ended_ = true;
  status_ = found == pid_ && WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (WTERMSIG(status));
  return true;
}

bool ChildProcess::running() { return !reap(false); }

int ChildProcess::wait() {
  reap(true);
  return status_;
}

int ChildProcess::stop(int signal, std::chrono::seconds patience) {
  if (!running()) return status_;
  kill(pid_, signal);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(pid_, SIGKILL);
      return wait();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return status_;
}

}  // namespace loom::bench
