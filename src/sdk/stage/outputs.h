#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/backoff.h"
#include "sdk/stage/delivery.h"

namespace loom::kafka::stage {

/// A turn's outputs on their way: what both kinds of delivery have in common.
/// Threads: one at a time.  Owns: the producer.
class Outputs {
 public:
  Outputs(const DeliverySettings& settings, Stop& stop);

  void begin();
  /// Sends those from this number on, but for dead letters: their topic may have to be made first.
  void send_plain(const Turn& turn, std::size_t from);
  /// Sends all that Kafka does not have. Fails: admin::KafkaError, no dead-letter topic.
  void send_rest(Turn& turn);
  /// Waits until Kafka has answered all. False: the stage is to end before.
  bool settle();

  /// Of all answers one was not an acknowledgement.
  [[nodiscard]] bool any_failed(const Turn& turn) const;
  /// A record with an output that no broker takes, also alone, becomes a dead letter, and its other outputs are left
  /// out. True when an output was refused; then there is more to send.
  bool blame_refused(Turn& turn, const std::string& group);

  /// A pause after something failed. False: the stage is to end.
  bool pause(const std::string& why);
  void went_well() { backoff_.reset(); }

  Producer& producer() { return *producer_; }
  /// Another producer in the place of this one, which the brokers have shut out.
  void renew_producer();

 private:
  void replace(Turn& turn, std::size_t number, const std::string& group);

  const std::string suffix_;
  Stop& stop_;
  const ProducerSettings producer_settings_;
  std::unique_ptr<Producer> producer_;
  DeadLetterTopics dead_letter_topics_;
  Backoff backoff_;
};

}  // namespace loom::kafka::stage
