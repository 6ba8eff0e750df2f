#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loom/kafka/config_loader.h"
#include "loom/kafka/consumer.h"

namespace loom::kafka {

struct StageSettings {
  std::string service_name;
  std::string group_id;  ///< empty: by the service's settings
  std::vector<std::string> topics;
  std::string bootstrap_servers = "localhost:9092";
  std::string database_url;   ///< empty: default settings, and no metrics
  bool exactly_once = false;  ///< outputs and offsets in one Kafka transaction
  std::string instance;       ///< with exactly_once: this replica's name, the same after a restart; empty: host name
  int retries = 3;            ///< of a message whose processing failed, before it is a dead letter
  std::chrono::milliseconds retry_first{100};  ///< before the first retry; doubles with each, up to retry_cap
  std::chrono::milliseconds retry_cap{5'000};
  std::string dead_letter_suffix = ".dlq";
  std::chrono::seconds report_every{30};   ///< metrics and lag into the database
  std::chrono::seconds config_cache{300};  ///< how old the settings from the database may be
  /// Further properties of both clients; those that a stage's promises rest on are its own.
  std::map<std::string, std::string> rdkafka;
};

/// The settings by the environment, under the names that the consumer service has (LOOM_DATABASE_URL,
/// LOOM_KAFKA_BOOTSTRAP_SERVERS, LOOM_KAFKA_GROUP_ID, LOOM_RDKAFKA_*), and LOOM_STAGE_EXACTLY_ONCE,
/// LOOM_STAGE_INSTANCE, LOOM_STAGE_RETRIES.
/// Fails: std::runtime_error with all that is wrong, without passwords.
StageSettings stage_settings_from_environment(std::string service_name, std::vector<std::string> topics);

/// Thrown by process_message() when not the message is to blame but something that it needs is away: it is tried again
/// until it works, and never becomes a dead letter.
class TryLater : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A stage of a pipeline: derive, implement process_message(), call send_to_topic() in it, then run().
///
///   take a turn of messages -> process each (again with backoff when it throws; then to <topic>.dlq)
///   -> outputs acknowledged -> offsets committed
///   exactly_once: one Kafka transaction of a turn's outputs, dead letters and offsets; aborted and done again
///   as a whole
///
/// Without exactly_once every message is processed at least once.
/// Threads: run() by one, stop() by any and from signal handlers; process_message() on run()'s thread.
/// Owns:    consumer, producer, loader, and a thread that writes metrics.
/// Blocks:  run(), until stop(); it then finishes the message at hand, delivers what is done and leaves the group,
///          within 10 s.
/// Fails:   run(): std::runtime_error for what does not pass by itself (settings, a fenced transaction), and whatever
///          on_start() throws.
class BaseKafkaConsumer {
 public:
  explicit BaseKafkaConsumer(StageSettings settings);
  virtual ~BaseKafkaConsumer();
  BaseKafkaConsumer(const BaseKafkaConsumer&) = delete;
  BaseKafkaConsumer& operator=(const BaseKafkaConsumer&) = delete;

  void run();
  void stop() noexcept;

 protected:
  /// One message. An exception means that it failed: tried again, then a dead letter.
  virtual void process_message(const Record& message) = 0;
  /// Called at the start of run(), before anything is consumed, and at its end, also when it fails.
  virtual void on_start() {}
  virtual void on_stop() {}

  /// Only from process_message(). Nothing of a message that failed is sent. A message without a key goes to any
  /// partition.
  void send_to_topic(const std::string& topic, std::string_view value, std::optional<std::string> key = std::nullopt,
                     Headers headers = {});

  [[nodiscard]] const StageSettings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// run(), with SIGTERM and SIGINT taken as stop() while it lasts. One stage of a process at a time.
void run_until_signalled(BaseKafkaConsumer& stage);

}  // namespace loom::kafka
