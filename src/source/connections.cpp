#include "source/connections.h"

#include <sys/socket.h>

#include <cerrno>

namespace loom::source {

void Connections::watch(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_connect_cb(conf, &Connections::connect);
}

/// As librdkafka does it without a callback: the socket does not block, and a connection under way is no error.
int Connections::connect(int socket, const struct sockaddr* address, int size, const char* node, void* self) {
  auto* connections = static_cast<Connections*>(self);
  {
    const MutexLock lock(connections->mutex_);
    const std::uint64_t count = connections->opened_.load(std::memory_order_relaxed) + 1;
    connections->last_opened_[node] = count;
    connections->opened_.store(count, std::memory_order_release);
  }
  if (::connect(socket, address, static_cast<socklen_t>(size)) == 0 || errno == EINPROGRESS) return 0;
  return errno;
}

bool Connections::opened_since(std::uint64_t seen, std::int32_t broker) const {
  const MutexLock lock(mutex_);
  const auto address = addresses_.find(broker);
  if (address == addresses_.end()) return opened_.load(std::memory_order_relaxed) > seen;
  const auto last = last_opened_.find(address->second);
  return last == last_opened_.end() || last->second > seen;
}

void Connections::learn(const std::vector<BrokerStatistics>& brokers) {
  const MutexLock lock(mutex_);
  for (const auto& broker : brokers) {
    if (broker.id >= 0) addresses_[broker.id] = broker.address;
  }
}

}  // namespace loom::source
