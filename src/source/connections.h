#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "source/client_statistics.h"

namespace loom::source {

/// When connections to which brokers were opened, in the order of a count. librdkafka reconnects by itself and goes on
/// fetching at the same offset, and says nothing that would be in order with the messages. But it opens a connection
/// before anything can come through it: who finds after taking a message that none was opened since the position was
/// set knows that all of them came the same way.
/// Threads: any.
class Connections {
 public:
  /// From librdkafka's connect callback; its opaque pointer has to be this object.
  void watch(rd_kafka_conf_t* conf);

  /// How many were opened.
  [[nodiscard]] std::uint64_t opened() const { return opened_.load(std::memory_order_acquire); }
  /// Whether one to this broker was opened after the first `seen`; true, too, where the broker's address is not known.
  [[nodiscard]] bool opened_since(std::uint64_t seen, std::int32_t broker) const;
  /// The brokers' addresses, by the client's statistics.
  void learn(const std::vector<BrokerStatistics>& brokers);

 private:
  static int connect(int socket, const struct sockaddr* address, int size, const char* node, void* self);

  std::atomic<std::uint64_t> opened_{0};
  mutable Mutex mutex_;
  std::map<std::string, std::uint64_t> last_opened_ LOOM_GUARDED_BY(mutex_);  // by host:port
  std::map<std::int32_t, std::string> addresses_ LOOM_GUARDED_BY(mutex_);     // host:port of each broker
};

}  // namespace loom::source
