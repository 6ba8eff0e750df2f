#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/failpoints.h"

namespace loom::testing {

/// Kills or freezes its own process at a moment that a test has chosen. FAULT_AT names a file that may appear at any
/// time; it holds one line, POINT:NTH:ACTION, and is removed when it was read: from then on the Nth pass of that point
/// is the one. That it fired is a line in the file that FAULT_LOG names. The actions:
///   kill  SIGKILL
///   stop  SIGSTOP: all threads, until SIGCONT
///   hang  each thread that passes any point waits until ten seconds are over; librdkafka's threads go on
/// Threads: reach() any; one of its own watches for the file.
/// Blocks:  not at all until it hangs.
class ArmedFailpoints final : public Failpoints {
 public:
  ArmedFailpoints();
  ~ArmedFailpoints() override;
  void reach(Failpoint point) override;

 private:
  void take_order();
  void fire(Failpoint point);

  const std::string order_;
  const std::string log_;
  std::atomic<int> point_{-1};
  std::atomic<std::int64_t> passes_left_{0};
  std::atomic<int> signal_{0};  ///< 0: hang
  std::atomic<std::int64_t> hang_until_ms_{0};
  std::atomic<bool> stopping_{false};
  std::thread watcher_;
};

}  // namespace loom::testing
