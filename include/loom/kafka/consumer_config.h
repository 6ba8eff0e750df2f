#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loom::kafka {

/// How one service consumes: a row of `pipeline_consumer_configs`, or what stands in for one. Milliseconds and bytes,
/// as the columns' names say. The names are those of Kafka's Java client, since that is what the database's rows speak.
struct ConsumerConfig {
  std::string service_name;
  std::string consumer_group_id;
  std::int32_t max_poll_records = 100;
  std::int32_t session_timeout_ms = 30'000;
  std::int32_t heartbeat_interval_ms = 10'000;
  std::int32_t max_poll_interval_ms = 300'000;
  std::int32_t request_timeout_ms = 305'000;
  std::int32_t retry_backoff_ms = 100;
  std::int32_t fetch_min_bytes = 1;
  std::int32_t fetch_max_wait_ms = 500;
  std::int32_t fetch_max_bytes = 52'428'800;
  std::int32_t max_partition_fetch_bytes = 1'048'576;
  std::string auto_offset_reset = "earliest";
  bool enable_auto_commit = true;
  std::int32_t auto_commit_interval_ms = 5'000;
  std::string partition_assignment_strategy = "range";  ///< range, roundrobin, sticky or cooperative-sticky
  std::string source = "default";  ///< row: the service's own; profile: of its kind; default: neither, or no database

  bool operator==(const ConsumerConfig&) const = default;
};

/// What a service has that nobody has said anything about: the defaults of effective_consumer_config() in migration
/// 038.
ConsumerConfig default_config(const std::string& service_name);

/// The same in librdkafka's words.
struct Translation {
  std::map<std::string, std::string> properties;  ///< librdkafka property -> value
  std::int32_t records_per_turn = 100;  ///< librdkafka has no max.poll.records: how many messages are taken at a time
  std::vector<std::string> warnings;    ///< what had to be changed, and why
};

/// Translates what librdkafka does not have or bounds otherwise: `sticky` becomes cooperative-sticky, request timeouts
/// are clamped to 300,000 ms, max_poll_records becomes records_per_turn. Every value ends up in one of the two, but for
/// the names. librdkafka takes the properties of any config, however wrong: what does not fit is changed, with a
/// warning. Pure.
Translation translate(const ConsumerConfig& config);

/// Whether a client made for `before` does for `after`: nothing differs, or only how many records make a turn. If not,
/// the client has to leave the group and a new one has to join it: librdkafka's settings are for a client's life, and
/// members that share out partitions eagerly and cooperatively cannot be in one group.
/// Pure.
bool same_client(const ConsumerConfig& before, const ConsumerConfig& after);

}  // namespace loom::kafka
