#pragma once

#include <cstdint>
#include <optional>

namespace loom::status {

/// What the kernel says of this process; nothing where it does not say.
struct ProcessUsage {
  std::optional<double> cpu_seconds;  ///< user and system, since the start
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> threads;
  std::optional<double> start_time_seconds;  ///< since 1970
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
};

/// Reads /proc/self. Threads: any.  Blocks: some ten microseconds.  Fails: by leaving values out.
ProcessUsage read_process_usage();

}  // namespace loom::status
