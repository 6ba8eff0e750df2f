#pragma once

#include <chrono>
#include <vector>

#include "fault_deck.h"
#include "fault_test.h"

namespace loom::testing {

/// All kinds of faults, drawn from the seed, while three replicas store 8,000 messages a second of which 1 % are bad.
/// CI: 20 s; the long run: an hour; LOOM_FAULT_MIXED_MINUTES: so many.
class MixedRun : public FaultTest {
 protected:
  using FaultTest::FaultTest;

  /// Starts the replicas and the load, injects until the time is over, and judges.
  void run(std::vector<FaultDeck::Kind> kinds, const std::string& fault);

  [[nodiscard]] std::size_t index_below(std::size_t end) {
    return static_cast<std::size_t>(random(0, static_cast<int>(end) - 1));
  }
  ServiceProcess& any_replica() { return *replicas_[index_below(replicas_.size())]; }
  [[nodiscard]] const std::vector<ServiceProcess*>& replicas() const { return replicas_; }

  // Faults of replicas and sessions
  void freeze_replica();
  void restart_replica();
  void terminate_sessions();

 private:
  static std::chrono::steady_clock::duration how_long();

  std::vector<ServiceProcess*> replicas_;
};

}  // namespace loom::testing
