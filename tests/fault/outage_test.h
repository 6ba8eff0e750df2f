#pragma once

#include <optional>

#include "fault_test.h"
#include "support/tcp_proxy.h"

namespace loom::testing {

/// Faults of the database and of the ways to it and to Kafka, under one replica that must live through them: it does
/// not end, it makes no dead letters of good messages, and it goes on soon after the fault is over.
class OutageTest : public FaultTest {
 protected:
  explicit OutageTest(KafkaServer& kafka) : FaultTest(kafka) {}

  /// Starts the one replica, and messages that flow until finish() at this rate; returns when some are stored.
  void begin(double rate, const Environment& more = {});
  [[nodiscard]] Flow& flow() { return *flow_; }
  [[nodiscard]] ServiceProcess& service() { return *service_; }

  /// The database as the service sees it through this proxy.
  [[nodiscard]] Environment through(TcpProxy& database_link) const;

  /// Call it when a fault is over: the time until every partition has stored more than it had. Kept for record(). It
  /// must not be longer than five seconds in the long run; on a busy machine of CI it may be ten.
  milliseconds resumes(milliseconds limit = rounds(milliseconds(10'000), milliseconds(5'000)));
  /// Waits until the service has logged this once more since the nth byte of its log.
  [[nodiscard]] bool await_log(const std::string& text, std::size_t from, seconds within = seconds(30));
  [[nodiscard]] std::size_t log_size() const { return service_->log().size(); }

  /// Ends the flow, judges, and records a line. More faults may follow: the next begin() goes on with the numbers.
  void finish(const std::string& fault, int injected, const std::string& note = "");

 private:
  ServiceProcess* service_ = nullptr;
  pid_t process_ = -1;
  std::optional<Flow> flow_;
  std::int64_t next_number_ = 0;
};

}  // namespace loom::testing
