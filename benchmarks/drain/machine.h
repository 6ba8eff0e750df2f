#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace loom::bench {

/// Seconds of all CPUs together since the machine started.
struct MachineCpu {
  double busy = 0;
  double idle = 0;
  double disk_wait = 0;  ///< idle, with something waiting for the disk
  double stolen = 0;     ///< taken by the hypervisor

  [[nodiscard]] double all() const { return busy + idle + disk_wait + stolen; }
};
MachineCpu machine_cpu();

/// User and system seconds of one process; 0 when it is gone.
double process_cpu(pid_t pid);

/// The same of a process, its living children and those that it has waited for: a server with its backends.
double family_cpu(pid_t pid);

/// The most memory that the process ever had resident, in bytes; 0 when it is gone.
std::uint64_t peak_memory(pid_t pid);

/// CPU model and count, for the report.
std::string machine_name();

}  // namespace loom::bench
