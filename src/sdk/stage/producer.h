#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "sdk/stage/turn.h"

struct rd_kafka_s;

namespace loom::kafka::stage {

struct ProducerSettings {
  std::string bootstrap_servers;
  std::string client_id;
  std::string transactional_id;  ///< empty: idempotent, without transactions
  std::map<std::string, std::string> properties;
};

/// An idempotent producer that knows of each output of a round what became of it.
/// Threads: one at a time.  Owns: the Kafka client.
/// Blocks:  send() while the client's queue is full, serve() up to its time.
/// Fails:   std::runtime_error for settings, and for what no further try would mend.
class Producer {
 public:
  explicit Producer(const ProducerSettings& settings);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Forgets the outputs so far; what still comes of them is ignored.
  void begin_round();
  /// Sends the round's output of this number. It is copied.
  void send(const Output& output, std::size_t number);
  /// Hears acknowledgements. True when none is pending.
  bool serve(std::chrono::milliseconds time);

  [[nodiscard]] OutputState state(std::size_t number) const;
  /// Whether an output of this round waited in vain for the brokers, as it does while they are away.
  [[nodiscard]] bool timed_out() const;
  /// Why the last one failed or was refused.
  [[nodiscard]] const std::string& last_error() const;

  [[nodiscard]] rd_kafka_s* client() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The brokers have shut a transactional producer out: another one has its transactional id, or a coordinator that came
/// back ended the transaction before the producer could.
class ShutOut : public std::runtime_error {
 public:
  explicit ShutOut(const std::string& why);
};

}  // namespace loom::kafka::stage
