#include "machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace loom::bench {
namespace {

double ticks_to_seconds(std::uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// The fields of /proc/PID/stat from the third on: the second one, the name, may hold anything.
std::vector<std::string> stat_fields(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(file, line)) return {};
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

// Positions in stat_fields(); proc(5) counts from 1 and two fields more.
constexpr std::size_t kParent = 1;
constexpr std::size_t kUser = 11;
constexpr std::size_t kSystem = 12;
constexpr std::size_t kWaitedUser = 13;
constexpr std::size_t kWaitedSystem = 14;

double seconds_of(const std::vector<std::string>& fields, std::size_t user, std::size_t system) {
  if (fields.size() <= system) return 0;
  return ticks_to_seconds(std::stoull(fields[user]) + std::stoull(fields[system]));
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string parent = std::to_string(pid);
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::vector<std::string> fields = stat_fields(name);
    if (fields.size() > kParent && fields[kParent] == parent) children.push_back(std::stoi(name));
  }
  return children;
}

}  // namespace

MachineCpu machine_cpu() {
  std::ifstream file("/proc/stat");
  std::string label;
  std::uint64_t user = 0;
  std::uint64_t nice = 0;
  std::uint64_t system = 0;
  std::uint64_t idle = 0;
  std::uint64_t disk_wait = 0;
  std::uint64_t interrupt = 0;
  std::uint64_t soft_interrupt = 0;
  std::uint64_t stolen = 0;
  file >> label >> user >> nice >> system >> idle >> disk_wait >> interrupt >> soft_interrupt >> stolen;
  return {.busy = ticks_to_seconds(user + nice + system + interrupt + soft_interrupt),
          .idle = ticks_to_seconds(idle),
          .disk_wait = ticks_to_seconds(disk_wait),
          .stolen = ticks_to_seconds(stolen)};
}

double process_cpu(pid_t pid) { return seconds_of(stat_fields(std::to_string(pid)), kUser, kSystem); }

double family_cpu(pid_t pid) {
  const std::vector<std::string> own = stat_fields(std::to_string(pid));
  double seconds = seconds_of(own, kUser, kSystem) + seconds_of(own, kWaitedUser, kWaitedSystem);
  for (const pid_t child : children_of(pid)) seconds += process_cpu(child);
  return seconds;
}

std::uint64_t peak_memory(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("VmHWM:")) continue;
    std::istringstream rest(line.substr(6));
    std::uint64_t kilobytes = 0;
    rest >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::string machine_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown CPU";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) model = line.substr(colon + 2);
    break;
  }
  return fmt::format("{} x {}", std::thread::hardware_concurrency(), model);
}

}  // namespace loom::bench
