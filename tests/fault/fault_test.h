#pragma once

#include <random>
#include <string>

#include "support/flow.h"
#include "support/service_test.h"

namespace loom::testing {

/// Messages flow while something is killed, with servers that only this test has. The table has no key, so that it
/// would keep whatever came twice. All that is random follows from LOOM_FAULT_SEED, which is printed.
class FaultTest : public ServiceTest {
 protected:
  explicit FaultTest(KafkaServer& kafka);

  [[nodiscard]] int random(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  /// Lets this much time of the schedule of faults pass.
  void pass(milliseconds time) const;

  /// A service that takes its partitions back at once after it was killed, as a pod with a fixed name does.
  ServiceProcess& start_with_name();
  /// SIGKILL and a new start; proves both. Returns how many rows the table had.
  std::int64_t kill_and_start(ServiceProcess& service);
  /// SIGKILL to the server and all its backends, a while without it, and a new start. Returns how many rows that were
  /// committed it has forgotten: what comes after WAL writing was held for a while.
  std::int64_t kill_and_start_database(milliseconds away);

  /// All messages are in the log, stored once, and the offsets are at the ends.
  void settle(Flow& flow, std::int64_t expected);

  std::string topic_;

 private:
  std::mt19937 random_;
};

}  // namespace loom::testing
