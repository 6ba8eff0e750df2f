#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace loom::batch {
class DeadLetterPublisher;
}

namespace loom::sink {

/// Where messages go that cannot become rows: one of the two at least.
struct DeadLetterRoute {
  bool table = true;                            ///< kafka_dead_letters, in the batch's own transaction
  batch::DeadLetterPublisher* topic = nullptr;  ///< a Kafka topic, before that transaction; it outlives the writers
  bool operator==(const DeadLetterRoute&) const = default;
};

/// How the service talks to PostgreSQL. Constant after start-up.
struct DatabaseSettings {
  std::string url;  ///< libpq connection string or URL; never logged
  std::string consumer_group;
  std::string application_name = "kafka-to-db-consumer";
  std::size_t pool_min = 20;
  std::size_t pool_max = 50;
  bool synchronous_commit = false;
  std::chrono::milliseconds statement_timeout{60'000};
  std::chrono::milliseconds lock_timeout{2'000};
  std::chrono::seconds idle_close{60};  ///< a connection above the minimum that idled this long is closed
  DeadLetterRoute dead_letters;
  bool operator==(const DatabaseSettings&) const = default;
};

}  // namespace loom::sink
