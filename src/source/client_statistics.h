#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::source {

/// What librdkafka says of one broker (https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md).
struct BrokerStatistics {
  std::int32_t id = -1;
  std::string address;  ///< host:port
  bool up = false;      ///< its connection is up, or none is wanted
  /// From a request to its answer, average over the last interval; 0: nothing was sent. Of a leader that has nothing
  /// new it is fetch.wait.max.ms (100 ms, with many partitions 500), since the broker holds back its answer to a fetch.
  double round_trip_seconds = 0;
  double round_trip_p99_seconds = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t requests = 0;
  std::uint64_t request_errors = 0;  ///< request and receive errors, timeouts
};

/// The part of librdkafka's statistics that tells whether Kafka or the consumer is slow.
struct ClientStatistics {
  std::vector<BrokerStatistics> brokers;   ///< real ones, by id
  std::uint64_t fetch_queue_messages = 0;  ///< prefetched, not yet taken; a partition's end counts as one, too
  std::uint64_t fetch_queue_bytes = 0;
  std::uint64_t received_messages = 0;
  std::uint64_t group_rebalances = 0;  ///< as the client counts them
  std::string group_state;             ///< `up`, `init`, ...
};

/// Reads librdkafka's statistics JSON. Nothing when it is none.
/// Threads: any.  Pure.
std::optional<ClientStatistics> parse_statistics(std::string_view json);

}  // namespace loom::source
