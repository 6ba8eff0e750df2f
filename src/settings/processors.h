#pragma once

#include <string>

namespace loom::settings {

/// How many processors this process can keep busy: those that it may run on, no more than the CPU limits of its cgroup
/// and of those around it allow, rounded up. A container sees all processors of its host, and with a thread for each
/// of them would be throttled for most of every period once its limit is used up.
/// `root`: where /proc and /sys are, for tests. At least 1.
/// Threads: any.  Blocks: on reading small files.  Fails: never; a limit that cannot be read is none.
unsigned usable_processors(const std::string& root = "");

/// The limit alone, in processors, cgroup v2 (cpu.max) or v1 (cpu.cfs_quota_us); 0 without one.
double processor_limit(const std::string& root = "");

}  // namespace loom::settings
