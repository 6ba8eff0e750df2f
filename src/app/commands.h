#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/config.h"

namespace loom::app {

/// The commands beside `run`. Each prints its result on stdout, progress and complaints on stderr, and returns the
/// exit code. Fails: std::exception for what happens at run time (exit code 1).

struct ValidateOptions {
  std::optional<std::string> file;
  bool database = false;
};
int validate_mapping(const control::Config& config, const ValidateOptions& options);

struct MigrateOptions {
  bool status = false;
};
int migrate_database(const control::Config& config, const MigrateOptions& options);

struct CreateTablesOptions {
  bool print = false;
};
int create_mapped_tables(const control::Config& config, const CreateTablesOptions& options);

struct SampleCommandOptions {
  std::string topic;
  std::uint64_t count = 0;
  std::optional<double> rate;
  std::uint64_t seed = 1;
  double bad_ratio = 0;
  int partitions = 6;
};
int produce_sample(const control::Config& config, const SampleCommandOptions& options);

struct LagCommandOptions {
  std::optional<std::string> group;
  bool watch = false;
  bool json = false;
};
int show_lag(const control::Config& config, const LagCommandOptions& options);

}  // namespace loom::app
