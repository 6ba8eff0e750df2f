#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log_policies.h"
#include "registry/settings.h"
#include "sink/settings.h"

namespace loom::settings {

enum class LogLevel : std::uint8_t { trace, debug, info, warning, error, off };
enum class LogFormat : std::uint8_t { automatic, text, json };  ///< automatic: text on a terminal, JSON otherwise

/// Where messages go that cannot become rows: kafka_dead_letters, the topic's dead-letter topic, or both.
enum class DeadLetterTarget : std::uint8_t { table, topic, both };

/// Everything the service and the commands can be told, checked and with its defaults. Constant after start-up.
struct Config {
  sink::DatabaseSettings database;  ///< LOOM_DATABASE_URL, LOOM_DB_*; consumer_group is that of LOOM_KAFKA_GROUP_ID
  std::string bootstrap_servers = "localhost:9092";
  std::map<std::string, std::string> rdkafka;  ///< librdkafka property -> value, from LOOM_RDKAFKA_*

  registry::RegistrySettings registry;  ///< LOOM_SCHEMA_REGISTRY_*

  std::size_t batch_size = 200;                                ///< rows after which a batch is due
  std::chrono::milliseconds batch_timeout{500};                ///< or this long after its first one
  std::size_t batch_max = 20000;                               ///< rows up to which it may grow
  std::size_t batch_max_bytes = std::size_t{8} * 1024 * 1024;  ///< and bytes

  std::size_t max_poll_records = 500;  ///< LOOM_KAFKA_MAX_POLL_RECORDS: messages a worker takes of a partition per turn

  bool new_at_end = false;           ///< LOOM_KAFKA_AUTO_OFFSET_RESET=latest: partitions without any offset
  LogPolicies log;                   ///< LOOM_KAFKA_OUT_OF_RANGE, LOOM_KAFKA_TRUNCATED
  double dead_letter_max_ratio = 1;  ///< of a topic's recent messages; 1: no limit

  DeadLetterTarget dead_letters = DeadLetterTarget::table;  ///< LOOM_DLQ
  std::string dead_letter_suffix = ".dlq";                  ///< LOOM_DLQ_SUFFIX: behind the topic's name

  std::string topic_mappings = "topic_mappings.yml";
  std::vector<std::string> topics;          ///< LOOM_TOPICS: which of the mapping's, by name or pattern; empty: all
  std::vector<std::string> topics_exclude;  ///< LOOM_TOPICS_EXCLUDE: and of these which not
  bool watch_files = true;          ///< LOOM_WATCH_FILES: a changed mapping or configuration file is reloaded by itself
  std::optional<std::string> file;  ///< the YAML file that this was read from
  bool auto_create_tables = false;
  bool auto_migrate = false;
  bool use_database_config = false;                    ///< consumer settings from pipeline_consumer_configs
  std::string consumer_settings_from = "environment";  ///< or the kind of row that was put over it
  std::chrono::seconds database_config_cache{300};     ///< LOOM_DATABASE_CONFIG_CACHE: how old they may be

  std::string http_host = "0.0.0.0";
  std::uint16_t http_port = 8001;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::automatic;

  /// The group's name has one home; it is here under the name that people use.
  [[nodiscard]] const std::string& group_id() const { return database.consumer_group; }
  bool operator==(const Config&) const = default;
};

/// Names and values as the environment has them.
using Entries = std::map<std::string, std::string>;

/// All that is wrong, not only the first; the config is meaningful only without errors. No message shows a password.
struct ConfigResult {
  Config config;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  [[nodiscard]] bool ok() const { return errors.empty(); }
};

/// What the command cannot do without.
struct ConfigNeeds {
  bool database = true;
};

/// Reads a file's content for the `..._FILE` names; nothing when it cannot be read.
using SecretReader = std::function<std::optional<std::string>(const std::string& path)>;

/// Joins the entries; `environment` wins over `file`. Pure, but for `read_secret`.
ConfigResult parse_config(const Entries& environment, const Entries& file, const SecretReader& read_secret,
                          ConfigNeeds needs = {});

/// The entries of a YAML config file: the same names, in lower or upper case. Lists may be YAML's. Problems go to
/// `errors`.
Entries parse_config_yaml(const std::string& yaml, const std::string& path, std::vector<std::string>& errors);

/// The process's environment and, where given, the YAML file, parsed.
/// Blocks: on reading small files.  Fails: never throws; what is wrong is in `errors`.
ConfigResult load_config(const std::optional<std::string>& file, ConfigNeeds needs = {});

}  // namespace loom::settings
