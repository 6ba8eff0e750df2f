#include "support/service_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/await.h"
#include "support/temporary_folder.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to us

namespace loom::testing {

namespace {

/// Strings as execve() wants them.
class CStrings {
 public:
  explicit CStrings(std::vector<std::string> words) : words_(std::move(words)) {
    for (auto& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

bool is_setting(std::string_view entry) {
  constexpr std::string_view kPrefixes[] = {
      "LOOM_", "DATABASE_URL=", "KAFKA_BOOTSTRAP_SERVERS=", "KAFKA_GROUP_ID=", "LOG_LEVEL=", "USE_DATABASE_CONFIG=",
      "PG"};
  for (const auto prefix : kPrefixes) {
    if (entry.starts_with(prefix)) return true;
  }
  return false;
}

std::vector<std::string> environment_of(const Environment& given) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_setting(*entry)) entries.emplace_back(*entry);
  }
  for (const auto& [name, value] : given) {
    std::string entry = name;
    entry += '=';
    entry += value;
    entries.push_back(std::move(entry));
  }
  return entries;
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, const Environment& environment,
            const std::string& out_path, const std::string& err_path) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  CStrings argv(std::move(words));
  CStrings envp(environment_of(environment));
  const pid_t parent = getpid();
  // Not posix_spawn(): it cannot ask for the signal that ends the child when a test is killed.
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A group of its own: when the shell that started the tests ends, the kernel hangs up on a group with a stopped
  // process.
  setpgid(0, 0);
  if (getppid() != parent) _exit(126);
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(open(out_path.c_str(), flags, 0644), STDOUT_FILENO);
  dup2(out_path == err_path ? STDOUT_FILENO : open(err_path.c_str(), flags, 0644), STDERR_FILENO);
  execve(program.c_str(), argv.data(), envp.data());
  _exit(127);
}

/// How the child ended, or nothing while it runs.
std::optional<ProcessEnd> look(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  ProcessEnd end;
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace

ServiceProcess::ServiceProcess(std::string program, std::vector<std::string> arguments, Environment environment,
                               std::string log_path)
    : program_(std::move(program)),
      arguments_(std::move(arguments)),
      environment_(std::move(environment)),
      log_path_(std::move(log_path)) {}

ServiceProcess::~ServiceProcess() {
  if (running()) kill9();
}

ServiceProcess::ServiceProcess(ServiceProcess&& other) noexcept
    : program_(std::move(other.program_)),
      arguments_(std::move(other.arguments_)),
      environment_(std::move(other.environment_)),
      log_path_(std::move(other.log_path_)),
      pid_(std::exchange(other.pid_, -1)),
      end_(std::exchange(other.end_, std::nullopt)) {}

void ServiceProcess::start() {
  if (running()) throw std::runtime_error("it runs already");
  end_.reset();
  pid_ = spawn(program_, arguments_, environment_, log_path_, log_path_);
}

bool ServiceProcess::running() {
  if (pid_ < 0 || end_) return false;
  end_ = look(pid_);
  return !end_;
}

void ServiceProcess::send(int signal) const {
  if (pid_ > 0 && !end_) kill(pid_, signal);
}

std::optional<ProcessEnd> ServiceProcess::await_end(std::chrono::milliseconds within) {
  await(
      within, [this] { return !running(); }, std::chrono::milliseconds(5));
  return end_;
}

std::optional<ProcessEnd> ServiceProcess::terminate(std::chrono::milliseconds within) {
  send(SIGTERM);
  auto end = await_end(within);
  if (!end) kill9();
  return end;
}

ProcessEnd ServiceProcess::kill9() {
  send(SIGKILL);
  const auto end = await_end(std::chrono::seconds(30));
  if (!end) throw std::runtime_error("a killed process did not end");
  return *end;
}

std::string ServiceProcess::log() const { return read_text(log_path_); }

bool ServiceProcess::logged(const std::string& text) const { return log().find(text) != std::string::npos; }

CommandResult run_command(const std::string& program, const std::vector<std::string>& arguments,
                          const Environment& environment, std::chrono::milliseconds within) {
  const TemporaryFolder folder;
  const pid_t pid = spawn(program, arguments, environment, folder.path_of("out"), folder.path_of("err"));
  std::optional<ProcessEnd> end;
  await(
      within, [&] { return (end = look(pid)).has_value(); }, std::chrono::milliseconds(5));
  if (!end) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    throw std::runtime_error("the command took too long:\n" + last_lines(read_text(folder.path_of("err")), 20));
  }
  return {.exit_code = end->exit_code.value_or(-1),
          .out = read_text(folder.path_of("out")),
          .err = read_text(folder.path_of("err"))};
}

}  // namespace loom::testing
