#include "support/kafka_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/await.h"
#include "support/stored_log.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to us

namespace loom::testing {
namespace {

[[noreturn]] void fail_process(const std::string& what, const std::string& why) {
  throw std::runtime_error("Kafka in a test: " + what + ": " + why);
}

/// Runs a program of scripts/, with `more` NAME=VALUE in its environment, and returns what it printed.
std::string run_script(const std::string& script, const std::vector<std::string>& arguments, const std::string& output,
                       std::vector<std::string> more = {}) {
  std::vector<std::string> words{LOOM_SOURCE_DIR "/scripts/" + script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> variables;
  variables.reserve(variables.size() + more.size() + 1);
  for (std::string& variable : more) variables.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  const int spawned = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) fail_process(words[0], std::strerror(spawned));
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fail_process(words[0] + " " + words[1], "failed, see above");
  }
  std::ostringstream text;
  text << std::ifstream(output).rdbuf();
  return text.str();
}

std::string servers(const std::vector<std::string>& arguments, const std::string& output,
                    std::vector<std::string> more = {}) {
  return run_script("servers.sh", arguments, output, std::move(more));
}

std::string exported(const std::string& text, const std::string& name) {
  const std::string start = "export " + name + "=";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) fail_process("scripts/servers.sh", "did not print " + name);
  const std::size_t begin = at + start.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

KafkaProcesses::KafkaProcesses(bool shareable) {
  if (shareable) bootstrap_ = environment("LOOM_TEST_KAFKA_BOOTSTRAP");
  if (!bootstrap_.empty()) return;
  make_folder();
  start();
}

KafkaProcesses::KafkaProcesses(int brokers) : brokers_(brokers) {
  folder_ = environment("LOOM_TEST_KAFKA_CLUSTER");
  shared_ = !folder_.empty();
  if (!shared_) make_folder();
  for (int broker = 1; broker <= brokers_ && shared_; ++broker) {
    if (runs(broker)) thaw(broker);
  }
  start();
}

KafkaProcesses::KafkaProcesses(const KafkaSettings& settings) {
  make_folder();
  std::string listeners;
  for (const KafkaListener& listener : settings.listeners) {
    listeners += listener.name + "=" + listener.protocol;
    if (!listener.advertised.empty()) listeners += "@" + listener.advertised;
    listeners += " ";
  }
  const std::string extra = folder_ + "/extra.properties";
  std::ofstream file(extra);
  for (const std::string& property : settings.properties) file << property << "\n";
  file.close();
  start({"LOOM_KAFKA_LISTENERS=" + listeners, "LOOM_KAFKA_EXTRA_PROPERTIES=" + extra});
}

void KafkaProcesses::make_folder() {
  std::string folder = environment("TMPDIR").empty() ? "/tmp" : environment("TMPDIR");
  folder += "/loom-servers.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) fail_process("temporary folder", std::strerror(errno));
  folder_ = folder;
  const std::ofstream mark(folder_ + "/.made-here");  // so that servers.sh removes it
}

KafkaProcesses::~KafkaProcesses() {
  if (folder_.empty() || shared_) return;
  try {
    servers({"stop", folder_}, "/dev/null");
  } catch (const std::exception&) {
    // servers.sh has said why, and stops the broker once more when this process is over.
  }
}

std::string KafkaProcesses::address(const std::string& listener) const {
  std::ostringstream text;
  text << std::ifstream(folder_ + "/env").rdbuf();
  return exported(text.str(), "LOOM_KAFKA_LISTENER_" + listener);
}

void KafkaProcesses::start(const std::vector<std::string>& environment) {
  std::vector<std::string> words = start_words(folder_);
  words.insert(words.end(), {"--brokers", std::to_string(brokers_)});
  bootstrap_ = exported(servers(words, folder_ + "/env", environment), "LOOM_KAFKA_BOOTSTRAP_SERVERS");
}

std::vector<std::string> KafkaProcesses::start_words(const std::string& folder) const {
  std::vector<std::string> words{"start", "--only", "kafka", "--dir", folder};
  if (!shared_) words.insert(words.end(), {"--while", std::to_string(getpid())});
  return words;
}

std::string KafkaProcesses::folder_of(int broker) const {
  if (folder_.empty()) fail_process("broker " + std::to_string(broker), "it is not ours");
  return brokers_ == 1 ? folder_ : folder_ + "/broker-" + std::to_string(broker);
}

pid_t KafkaProcesses::own_pid(const std::string& what, int broker) const {
  pid_t pid = -1;
  std::ifstream(folder_of(broker) + "/kafka.pid") >> pid;
  if (pid <= 1) fail_process(what, "no broker " + std::to_string(broker) + " of ours runs");
  return pid;
}

bool KafkaProcesses::runs(int broker) const {
  pid_t pid = -1;
  std::ifstream(folder_of(broker) + "/kafka.pid") >> pid;
  return pid > 1 && access(("/proc/" + std::to_string(pid)).c_str(), F_OK) == 0;
}

void KafkaProcesses::freeze(int broker) const { kill(own_pid("freeze", broker), SIGSTOP); }
void KafkaProcesses::thaw(int broker) const { kill(own_pid("thaw", broker), SIGCONT); }

void KafkaProcesses::kill9(int broker) const {
  const pid_t pid = own_pid("kill9", broker);
  kill(pid, SIGKILL);
  const std::string stat = "/proc/" + std::to_string(pid);
  if (!await(std::chrono::seconds(30), [&] { return access(stat.c_str(), F_OK) != 0; }))
    fail_process("kill9", "the broker is still there");
}

void KafkaProcesses::stop(int broker) const { servers({"stop", "--keep", folder_of(broker)}, "/dev/null"); }

void KafkaProcesses::restart(int broker) const {
  const std::string folder = folder_of(broker);
  servers(start_words(folder), folder + "/env");
}

void KafkaProcesses::cut_log(const std::string& topic, std::int32_t partition, std::int64_t end) const {
  cut_stored_log(folder_ + "/kafka-data", topic, partition, end);
}

std::string KafkaProcesses::tool(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--bootstrap-server", bootstrap_});
  return run_script("kafka-tool.sh", arguments, folder_ + "/tool.out");
}

}  // namespace loom::testing
