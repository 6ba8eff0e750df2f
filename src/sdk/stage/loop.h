#pragma once

#include "sdk/stage/delivery.h"
#include "sdk/stage/membership.h"
#include "sdk/stage/processor.h"
#include "sdk/stage/report.h"
#include "sdk/stage/stop.h"
#include "sdk/stage/turn.h"

namespace loom::kafka::stage {

/// What a loop brings together. All of it outlives the loop.
struct LoopParts {
  const StageSettings& settings;
  Reporter& reporter;
  Membership& membership;
  Processor& processor;
  Delivery& delivery;
  Tally& tally;
  Stop& stop;
};

/// A stage's work, turn after turn, until it is to end:
///
///   follow changed settings -> take records -> process each -> deliver what they became -> offsets committed -> report
///
/// Threads: run() by one.  Blocks: run(), until the stage has left its group.
/// Fails:   std::runtime_error, as Membership and Delivery do.
class Loop {
 public:
  explicit Loop(const LoopParts& parts) : parts_(parts) {}

  void run();

 private:
  void take_turn();
  void process(Turn& turn);
  void deliver(Turn& turn);
  void report();

  const LoopParts parts_;
};

}  // namespace loom::kafka::stage
