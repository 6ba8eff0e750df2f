#include "status/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace loom::status {
namespace {

/// The fields of /proc/self/stat from the third one on, which proc(5) calls `state`: the second may hold blanks.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

std::optional<std::uint64_t> number(const std::vector<std::string>& fields, std::size_t proc_number) {
  constexpr std::size_t kFirst = 3;
  if (proc_number - kFirst >= fields.size()) return std::nullopt;
  const std::string& text = fields[proc_number - kFirst];
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

/// When the machine started, seconds since 1970.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double since = 0;
    if (word == "btime" && file >> since) return since;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> open_files() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  std::uint64_t count = 0;
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // without the folder itself
}

}  // namespace

ProcessUsage read_process_usage() {
  ProcessUsage usage;
  const auto fields = stat_fields();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto user = number(fields, 14);
  const auto system = number(fields, 15);
  if (user && system) usage.cpu_seconds = static_cast<double>(*user + *system) / ticks;
  usage.threads = number(fields, 20);
  const auto started = number(fields, 22);
  if (const auto boot = boot_time(); boot && started) {
    usage.start_time_seconds = *boot + static_cast<double>(*started) / ticks;
  }
  usage.virtual_bytes = number(fields, 23);
  if (const auto pages = number(fields, 24)) {
    usage.resident_bytes = *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  usage.open_fds = open_files();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_fds = limit.rlim_cur;
  return usage;
}

}  // namespace loom::status
