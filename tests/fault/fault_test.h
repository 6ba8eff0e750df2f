#pragma once

#include <csignal>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fault_report.h"
#include "support/flow.h"
#include "support/service_test.h"

namespace loom::testing {

/// Faults while messages flow. The table has no key, so that it would keep whatever came twice. All that is random
/// follows from LOOM_FAULT_SEED, which is printed.
///
/// A test starts replicas and a Flow; injects faults, proves that each fired and measures the recovery after it; then,
/// while messages still flow, the faults end, and settle() judges by the producer's numbers. record() makes a line of
/// the fault report of it. With LOOM_FAULT_LONG=1 tests inject as often as the report wants, else a few times.
class FaultTest : public ServiceTest {
 protected:
  enum class Database { own, shared };  ///< own: the test may kill it
  explicit FaultTest(KafkaServer& kafka, Database database = Database::own, std::int32_t partitions = 6);
  /// With a database in the server behind this connection string.
  FaultTest(KafkaServer& kafka, const ServerAt& server, std::int32_t partitions = 6);
  void TearDown() override;

  // How much
  [[nodiscard]] static bool long_run();
  /// `few` in CI, `many` in the long run: numbers and durations.
  template <typename Amount>
  [[nodiscard]] static Amount rounds(Amount few, Amount many) {
    return long_run() ? many : few;
  }
  [[nodiscard]] int random(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  /// Lets this much time of the schedule of faults pass.
  void pass(milliseconds time) const;

  // Replicas
  /// A service that takes its partitions back at once after it was killed, as a pod with a fixed name does.
  ServiceProcess& start_with_name();
  /// A service whose failpoints can be armed; `name`: a fixed one, as above.
  ServiceProcess& start_with_failpoints(const Environment& more = {}, const std::string& name = "");
  /// The nth pass of this point from now on is the one; `action`: kill, stop or hang. See ArmedFailpoints.
  /// Returns when the process knows it.
  void arm(const ServiceProcess& service, std::string_view point, int nth, std::string_view action = "kill");
  /// How often this point has fired in a replica of this test.
  [[nodiscard]] int fired(std::string_view point) const;
  /// Waits until the replica has ended by SIGKILL.
  ::testing::AssertionResult killed(ServiceProcess& service, seconds within = seconds(20)) const;
  /// Waits until the replica is stopped by SIGSTOP.
  static ::testing::AssertionResult frozen(const ServiceProcess& service, seconds within = seconds(20));
  /// Tells it to stop, and expects that it leaves in order and in time.
  static void stop_in_order(ServiceProcess& service, int signal = SIGTERM);
  /// How many batches the database refused as stale, as the replica says when it leaves: all of its lives.
  [[nodiscard]] static std::int64_t refused_as_stale(const ServiceProcess& service);
  /// Waits until the replica has partitions, counted from the nth byte of its log on.
  [[nodiscard]] static bool await_partitions(const ServiceProcess& replica, std::size_t from = 0);

  // Faults
  /// SIGKILL and a new start; proves both. Returns how many messages were stored before.
  std::int64_t kill_and_start(ServiceProcess& service);
  /// SIGKILL to the server and all its backends, a while without it, and a new start. Returns how many messages that
  /// were committed it has forgotten: what comes after WAL writing was held for a while.
  std::int64_t kill_and_start_database(milliseconds away);
  void kill_and_start_broker(milliseconds away);

  // What was seen
  /// How many messages are stored or dead letters, by the stored offsets: cheap, however many there are.
  [[nodiscard]] std::int64_t stored() const;
  [[nodiscard]] bool await_stored(std::int64_t messages, seconds within = seconds(30)) const;
  /// The time from now, the end of a fault, until each partition has stored a message that was produced from now on.
  /// It is kept for record(). Fails the test when that takes longer.
  milliseconds recovery(const Flow& flow, seconds within = seconds(60));
  /// The same without keeping it: the test may go on when all partitions are stored.
  milliseconds await_all_partitions(const Flow& flow, seconds within = seconds(60));
  /// For recoveries that the test measures itself.
  void recovered_in(milliseconds time) { recoveries_.push_back(time); }

  /// All messages are in the log, each stored once or a dead letter as it must be, and the offsets are at the ends.
  /// A flow without an end is stopped first, and must have flowed until then.
  void settle(Flow& flow, seconds within = seconds(90));
  /// The same, and so many messages they were.
  void settle(Flow& flow, std::int64_t expected);
  /// Judges what the test itself has sent; `taken`: messages or rows that somebody took away, and not the service.
  void judge_sent(std::int64_t sent, std::int64_t taken = 0);
  /// Judges one more table, of messages [0, sent) of its own, and adds it to the verdict.
  void judge_also(const std::string& table, std::int64_t sent);
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }

  /// One line of the fault report: the last verdict, the recoveries since the last record, and whether the test has
  /// failed by now. A test that fails before it records anything is recorded under its name.
  void record(const std::string& fault, int injected, const std::string& note = "");

  std::string topic_;

 private:
  void prepare();

  unsigned seed_;
  std::mt19937 random_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Verdict verdict_;
  std::vector<milliseconds> recoveries_;
  bool recorded_ = false;
  std::map<const ServiceProcess*, std::string> orders_;  // the file that its failpoints are armed by
};

}  // namespace loom::testing
