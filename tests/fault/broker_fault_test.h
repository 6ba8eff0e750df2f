#pragma once

#include <functional>
#include <string>

#include "fault_test.h"

namespace loom::testing {

/// Faults of brokers under two replicas that must live through them.
class BrokerFaultTest : public FaultTest {
 protected:
  explicit BrokerFaultTest(KafkaServer& kafka) : FaultTest(kafka, Database::shared) {}

  struct Fault {
    std::function<void()> begin;  ///< what happens; the recovery is counted from its return
    std::function<void()> end{};  ///< what is mended after the recovery; empty: nothing is left
    Environment settings = {};    ///< of the service, beside the usual ones
  };
  /// Two replicas and a load; `fault` again and again; the verdict, and a line of the report.
  void inject(const std::string& name, int times, const Fault& fault);
  /// What the one of them serves at /metrics.
  [[nodiscard]] std::string metrics() const;

 private:
  ServiceProcess* first_ = nullptr;
};

}  // namespace loom::testing
