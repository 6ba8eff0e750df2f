#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "sdk/stage/turn.h"

struct rd_kafka_s;

namespace loom::kafka {

/// What became of an output.
enum class Delivery : std::uint8_t {
  unsent,
  pending,
  acknowledged,
  refused,  ///< no broker will ever take it: too large
  failed,   ///< it may be sent again
};

struct StageProducerSettings {
  std::string bootstrap_servers;
  std::string client_id;
  std::string transactional_id;  ///< empty: idempotent, without transactions
  std::map<std::string, std::string> properties;
};

/// An idempotent producer that knows of each output of a round what became of it.
/// Threads: one at a time.  Owns: the Kafka client.
/// Blocks:  send() while the client's queue is full, serve() up to its time.
/// Fails:   std::runtime_error for settings, and for what no further try would mend.
class StageProducer {
 public:
  explicit StageProducer(const StageProducerSettings& settings);
  ~StageProducer();
  StageProducer(const StageProducer&) = delete;
  StageProducer& operator=(const StageProducer&) = delete;

  /// Forgets the outputs so far; what still comes of them is ignored.
  void begin_round();
  /// Sends the round's output of this number. It is copied.
  void send(const Output& output, std::size_t number);
  /// Hears acknowledgements. True when none is pending.
  bool serve(std::chrono::milliseconds time);

  [[nodiscard]] Delivery delivery(std::size_t number) const;
  /// Why the last one failed or was refused.
  [[nodiscard]] const std::string& last_error() const;

  [[nodiscard]] rd_kafka_s* client() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// For a transactional producer that the brokers have shut out.
[[noreturn]] void throw_fenced(const std::string& why);

}  // namespace loom::kafka
