#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sdk/stage/dead_letters.h"
#include "sdk/stage/producer.h"
#include "sdk/stage/stop.h"
#include "sdk/stage/turn.h"

struct rd_kafka_s;

namespace loom::kafka::stage {

enum class DeliveryResult : std::uint8_t {
  delivered,    ///< outputs and offsets
  unfinished,   ///< outputs, but the offsets could not be committed now: a later turn's will do
  group_moved,  ///< nothing: the turn is to be taken again, by whoever has the partitions
  given_up,     ///< nothing for certain: it is the end's time
};

/// Where a turn's results go to. `consumer` may change from turn to turn.
struct DeliveryTarget {
  Consumer* consumer = nullptr;
  rd_kafka_s* client = nullptr;  ///< the consumer's
  std::string group;
};

/// Brings a turn's outputs and its offsets to Kafka, in this order of certainty: outputs first.
/// Threads: one at a time.
/// Blocks:  deliver(), until Kafka has it all, or the stage is to end and 4 s are over.
/// Fails:   std::runtime_error for what no further try would mend.
class Delivery {
 public:
  virtual ~Delivery() = default;
  /// Once, before the first turn. False: the stage is to end.
  virtual bool open() { return true; }
  /// A new turn begins.
  virtual void begin() = 0;
  /// A message of the turn is processed; its outputs are those from number `from` on.
  virtual void added(Turn& turn, std::size_t from) = 0;
  virtual DeliveryResult deliver(Turn& turn, const std::vector<Position>& positions, const DeliveryTarget& target) = 0;
  /// Between turns.
  virtual void idle() = 0;
};

struct DeliverySettings {
  ProducerSettings producer;
  std::string dead_letter_suffix;
};

/// The delivery that the stage's settings ask for.
///   at least once: outputs go out while the turn is worked on; offsets are committed when all are acknowledged
///   exactly once:  outputs and offsets in one transaction, which is open only while they are sent
std::unique_ptr<Delivery> make_delivery(const StageSettings& settings, const std::string& group, Stop& stop);

}  // namespace loom::kafka::stage
