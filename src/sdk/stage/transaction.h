#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loom/kafka/consumer.h"
#include "sdk/stage/stop.h"

struct rd_kafka_s;

namespace loom::kafka::stage {

/// What a step of a transaction asks for next.
enum class StepResult : std::uint8_t {
  done,
  abort,        ///< this transaction is lost; another one may do
  group_moved,  ///< and the partitions may be another's by now: what was processed is to be given up
  given_up,     ///< it is the end's time
};

/// The steps of a producer's transactions. What passes by itself is waited for inside.
/// Threads: one at a time.  Blocks: while no broker answers, until the stage is to end.
/// Fails:   ShutOut; std::runtime_error for what else no further try would mend.
class Transaction {
 public:
  /// Both outlive it.
  Transaction(rd_kafka_s* producer, Stop& stop) : producer_(producer), stop_(stop) {}

  /// Once, before anything else: ends what a predecessor under this name left open, and shuts it out.
  StepResult init();
  StepResult begin();
  /// Adds the offsets of `consumer`'s group. Its metadata goes along, so that a member that the group has given up
  /// cannot commit what another one may have been given.
  StepResult send_offsets(rd_kafka_s* consumer, const std::vector<Position>& positions);
  StepResult commit();
  StepResult abort();

  /// Why the last step was not `done`.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  template <typename Call>
  StepResult repeat(const char* what, const Call& call);

  rd_kafka_s* producer_;
  Stop& stop_;
  std::string why_;
};

}  // namespace loom::kafka::stage
