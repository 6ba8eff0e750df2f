#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loom/kafka/consumer.h"
#include "loom/kafka/consumer_config.h"

namespace loom::kafka {

/// What a service did in a stretch of time: a row of `consumer_processing_metrics`.
struct ProcessingMetrics {
  std::string service_name;
  std::int64_t messages_processed = 0;
  double messages_per_second = 0;
  double processing_time_ms = 0;  ///< a message, on average
  double memory_usage_mb = 0;
  std::int64_t errors = 0;
  std::int32_t rebalances = 0;
};

/// How far a service is behind in one partition: a row of `consumer_lag_history`.
struct LagRecord {
  std::string service_name;
  std::string consumer_group_id;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t current_offset = 0;
  std::int64_t end_offset = 0;
};

enum class Priority : std::uint8_t { low, medium, high, critical };
const char* to_string(Priority priority);

/// Advice that the recorded metrics give (view `v_consumer_recommendations`; the rules with their thresholds are in
/// migration 040).
struct Recommendation {
  std::string service_name;
  Priority priority = Priority::low;
  std::string recommended_config;  ///< a JSON object: column -> value
  std::string reason;
};

struct LoaderSettings {
  std::string database_url;
  std::chrono::seconds cache{300};
  /// Told once for each reason why something else is used (no row, no database). Unset: to the log.
  std::function<void(const std::string&)> warn{};
};

/// Consumer settings by service name from the database, and what services report back to it.
/// Threads: any.  Owns: a connection, opened when first needed and again after it broke; the cache.
/// Blocks:  up to 5 s to connect and 5 s for an answer where it asks the database, and while another thread does. A
///          database that does not answer is asked for settings again after 10 s.
/// Fails:   load_config never: it falls back to the cached row, else to the defaults. record_* return false and warn.
///          The others std::runtime_error without passwords.
class KafkaConsumerConfigLoader {
 public:
  explicit KafkaConsumerConfigLoader(LoaderSettings settings);
  ~KafkaConsumerConfigLoader();
  KafkaConsumerConfigLoader(const KafkaConsumerConfigLoader&) = delete;
  KafkaConsumerConfigLoader& operator=(const KafkaConsumerConfigLoader&) = delete;

  /// The service's row, else what its profile says, else the defaults; at most `cache` old.
  ConsumerConfig load_config(const std::string& service_name);
  /// The next load_config of it asks the database.
  void forget(const std::string& service_name);

  /// A consumer by the service's settings. `group_id`: empty for the one that the settings name.
  std::unique_ptr<Consumer> create_consumer(const std::string& service_name, const std::vector<std::string>& topics,
                                            const std::string& bootstrap_servers, const std::string& group_id = "");

  /// A statement each, however many partitions there are.
  bool record_processing_metrics(const ProcessingMetrics& metrics);
  bool record_consumer_lag(const std::vector<LagRecord>& lag);
  /// Makes room for the coming days' records and drops those that are older than 30 days; to be called once a day or
  /// more often, by any of the replicas. It needs EXECUTE on maintain_consumer_metrics().
  bool maintain_metrics();
  /// The most urgent first.
  std::vector<Recommendation> get_processing_recommendations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A loader and a consumer of it in one call.
std::unique_ptr<Consumer> create_optimized_consumer(const std::string& database_url, const std::string& service_name,
                                                    const std::vector<std::string>& topics,
                                                    const std::string& bootstrap_servers,
                                                    const std::string& group_id = "");

}  // namespace loom::kafka
