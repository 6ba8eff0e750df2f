#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "loom/kafka/config_loader.h"
#include "loom/kafka/consumer_config.h"
#include "sink/connection.h"

namespace loom::kafka {

/// The database did not give an answer. `kind`: the same for the same reason, whatever the words.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    away,        ///< no connection, or it broke
    not_set_up,  ///< tables, functions or privileges are missing
    refused      ///< anything else that the server said
  };
  StoreError(Kind why, const std::string& message) : std::runtime_error(message), kind(why) {}
  Kind kind;
};

/// What populate() did for a service.
struct Populated {
  std::string service_name;
  std::string action;
};

/// A setting that advice changes, or would change.
struct AdvisedChange {
  std::string service_name;
  std::string setting;
  std::string before;
  std::string after;
  std::string reason;
};

/// The tables, views and functions of migrations 038 to 042, as this library sees them. Profiles, defaults and the
/// rules of the advice live there, and only there.
/// Threads: one at a time.
/// Owns:    a connection, opened when first needed and again after it broke.
/// Blocks:  up to 5 s to connect and 5 s for each answer.
/// Fails:   StoreError, without passwords.
class ConfigStore {
 public:
  explicit ConfigStore(std::string url);

  ConsumerConfig effective(const std::string& service_name);
  /// Every service that has a row or a profile of its own, by name.
  std::vector<ConsumerConfig> all();
  std::vector<Populated> populate(bool overwrite);

  void insert(const ProcessingMetrics& metrics);
  void insert(const std::vector<LagRecord>& lag);
  void maintain();

  std::vector<Recommendation> recommendations();
  std::vector<AdvisedChange> apply_recommendations(bool dry_run);

 private:
  sink::Connection& connection();
  /// The answer to a statement, in a transaction of its own.
  sink::Result ask(const std::string& sql);

  const std::string url_;
  std::unique_ptr<sink::Connection> connection_;
};

}  // namespace loom::kafka
