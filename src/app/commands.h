#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "base/failpoints.h"
#include "formats/format.h"
#include "settings/config.h"

namespace loom::app {

/// The commands beside `run`. Each prints its result on stdout, progress and complaints on stderr, and returns the
/// exit code.
/// Fails: std::exception for what happens at run time (exit code 1).

constexpr int kWrongUsage = 2;
constexpr int kWrongConfiguration = 2;

struct ValidateOptions {
  std::optional<std::string> file;
  bool database = false;
  bool registry = false;  ///< check against the latest schemas of the topics, too
  bool strict = false;    ///< warnings count as errors
};
int validate_mapping(const settings::Config& config, const ValidateOptions& options);

struct TryOptions {
  std::optional<std::string> file;
  std::optional<std::string> topic;  ///< without: the file's only one
  std::optional<std::string> key_separator;
  std::vector<std::string> headers;  ///< NAME=VALUE
  bool database = false;
  bool json = false;
  bool base64 = false;  ///< values, and keys, are in Base64
};
/// Maps messages and stores none: 0 when all of them become rows, 1 when one does not.
int try_mapping(const settings::Config& config, const TryOptions& options, std::istream& messages);

struct InferOptions {
  std::string topic;
  std::optional<std::string> table;
  std::vector<std::string> key;
};
/// Writes the draft of a mapping for such messages.
int infer_mapping(const InferOptions& options, std::istream& messages);

struct SettingsOptions {
  bool markdown = false;
};
/// Lists every setting with its default.
int show_settings(const SettingsOptions& options);

struct MigrateOptions {
  bool status = false;
};
int migrate_database(const settings::Config& config, const MigrateOptions& options);

struct CreateTablesOptions {
  std::optional<std::string> file;
  bool print = false;
  bool alter = false;  ///< add the columns that existing tables lack
};
int create_mapped_tables(const settings::Config& config, const CreateTablesOptions& options);

struct SampleCommandOptions {
  std::string topic;
  std::uint64_t count = 0;
  std::optional<double> rate;
  std::uint64_t seed = 1;
  double bad_ratio = 0;
  int partitions = 6;
  std::optional<formats::Format> format;  ///< without: as the mapping says
  bool print_schema = false;              ///< and send nothing
};
int produce_sample(const settings::Config& config, const SampleCommandOptions& options);

struct LagCommandOptions {
  std::optional<std::string> group;
  bool watch = false;
  bool json = false;
};
int show_lag(const settings::Config& config, const LagCommandOptions& options);

struct HealthCommandOptions {
  bool ready = false;  ///< ask for readiness, not only for life
};
/// Asks the service that runs on this machine with this configuration: 0 when its answer is 200, else 1.
int check_health(const settings::Config& config, const HealthCommandOptions& options);

/// The options of all `dead-letters` commands; each reads those that it has.
struct DeadLetterOptions {
  std::optional<std::string> topic;
  std::optional<std::string> reason;
  std::optional<std::string> trace;
  std::optional<std::string> since;
  std::optional<std::string> until;
  std::optional<std::string> older_than;
  std::vector<std::int64_t> ids;
  std::optional<std::uint64_t> limit;
  std::optional<std::string> group;
  bool all_groups = false;
  std::optional<std::int64_t> id;  ///< of `show`
  bool json = false;
  bool dry_run = false;
  bool force = false;
  bool all = false;
  bool yes = false;
  bool repaired = false;
  std::optional<std::string> value;  ///< of `replay`: the file with the value to store instead
};
int list_dead_letters(const settings::Config& config, const DeadLetterOptions& options);
int show_dead_letters(const settings::Config& config, const DeadLetterOptions& options);
int replay_dead_letters(const settings::Config& config, const DeadLetterOptions& options, Failpoints& failpoints);
int purge_dead_letters(const settings::Config& config, const DeadLetterOptions& options);

struct OffsetOptions {
  std::optional<std::string> topic;
  std::optional<std::int32_t> partition;
  std::optional<std::string> to;
  bool from_kafka = false;
  std::optional<std::string> group;
  bool dry_run = false;
  bool json = false;
};
int show_offsets(const settings::Config& config, const OffsetOptions& options);
int reset_offsets(const settings::Config& config, const OffsetOptions& options);

/// The options of all `configs` commands; each reads those that it has.
struct ConfigsOptions {
  std::optional<std::string> service;  ///< of `show`; none: every one
  bool overwrite = false;
  bool apply = false;
  bool json = false;
};
int populate_configs(const settings::Config& config, const ConfigsOptions& options);
int show_configs(const settings::Config& config, const ConfigsOptions& options);
int recommend_configs(const settings::Config& config, const ConfigsOptions& options);

}  // namespace loom::app
