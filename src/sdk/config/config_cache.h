#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "loom/kafka/consumer_config.h"

namespace loom::kafka {

/// What is known of each service's settings, and for how long that is good.
/// Pure.  Threads: one at a time.
class ConfigCache {
 public:
  /// `lifetime`: how old settings from the database may be.
  explicit ConfigCache(Duration lifetime) : lifetime_(lifetime) {}

  /// The service's settings, unless the database is to be asked for them.
  [[nodiscard]] std::optional<ConsumerConfig> fresh(const std::string& service_name, TimePoint now) const;
  /// Takes what the database said.
  void remember(const ConsumerConfig& config, TimePoint now);
  /// The next fresh() of it has nothing.
  void forget(const std::string& service_name);

  struct FallBack {
    ConsumerConfig config;
    bool from_database = false;  ///< false: the compiled-in defaults
  };
  /// What there is while the database does not answer: good for a shorter time, after which it is asked again.
  FallBack fall_back(const std::string& service_name, TimePoint now);

 private:
  struct Known {
    ConsumerConfig config;
    TimePoint until{};
    bool from_database = false;
  };

  const Duration lifetime_;
  std::map<std::string, Known> known_;
};

}  // namespace loom::kafka
