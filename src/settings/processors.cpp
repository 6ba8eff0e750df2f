#include "settings/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

namespace loom::settings {

namespace {

/// The first line of a small file, "" when it is not there.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// `max 100000`, `150000 100000`.
std::optional<double> limit_v2(const std::string& folder) {
  std::istringstream words(first_line(folder + "/cpu.max"));
  double quota = 0;
  double period = 0;
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// A quota of -1 is none.
std::optional<double> limit_v1(const std::string& folder) {
  const double quota = std::strtod(first_line(folder + "/cpu.cfs_quota_us").c_str(), nullptr);
  const double period = std::strtod(first_line(folder + "/cpu.cfs_period_us").c_str(), nullptr);
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// The least limit of a cgroup and all around it. A container without a cgroup namespace is told its path on the host
/// and finds its own files at the top; so folders that are not there are passed over.
template <typename Limit>
double least_limit(const std::string& mount, std::string path, const Limit& limit) {
  double least = 0;
  while (true) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    if (const auto found = limit(mount + path)) least = least == 0 ? *found : std::min(least, *found);
    if (path.empty()) return least;
    path.erase(path.rfind('/'));
  }
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

unsigned processors_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();  // more of them than the set has room for
}

}  // namespace

double processor_limit(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  double least = 0;
  const auto take = [&](double limit) {
    if (limit > 0) least = least == 0 ? limit : std::min(least, limit);
  };
  // Lines are `0::/path` for v2 and `4:cpu,cpuacct:/path` for v1; a system may have both.
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path.empty() || path.front() != '/' || path.find("/..") != std::string::npos) path = "/";
    if (controllers.empty()) {
      take(least_limit(mount, path, limit_v2));
    } else if (has_word(controllers, "cpu")) {
      take(least_limit(mount + "/" + controllers, path, limit_v1));
      if (controllers != "cpu") take(least_limit(mount + "/cpu", path, limit_v1));
    }
  }
  return least;
}

unsigned usable_processors(const std::string& root) {
  const unsigned allowed = std::max(1U, processors_allowed());
  const double limit = processor_limit(root);
  if (limit <= 0 || limit >= allowed) return allowed;
  return std::max(1U, static_cast<unsigned>(std::ceil(limit)));
}

}  // namespace loom::settings
