#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/logging.h"
#include "app/service.h"
#include "app/tool_commands.h"
#include "app/version.h"
#include "base/wrong_setting.h"
#include "settings/config.h"

namespace loom::app {

namespace {

/// The configuration that a command needs, or nothing after saying on stderr what is wrong with it.
std::optional<settings::Config> configured(const std::optional<std::string>& file, settings::ConfigNeeds needs) {
  settings::ConfigResult result = settings::load_config(file, needs);
  for (const auto& warning : result.warnings) std::cerr << "warning: " << warning << '\n';
  for (const auto& error : result.errors) std::cerr << "error: " << error << '\n';
  if (!result.ok()) return std::nullopt;
  set_up_logging(result.config.log_level, result.config.log_format);
  return result.config;
}

struct CommandLine {
  std::optional<std::string> config_file;
  ValidateOptions validate;
  MigrateOptions migrate;
  CreateTablesOptions create_tables;
  SampleCommandOptions sample;
  LagCommandOptions lag;
  HealthCommandOptions health;
  ToolCommandLine tools;
};

using Command = std::function<int(const settings::Config&)>;

struct Chosen {
  Command run;
  settings::ConfigNeeds needs{.database = true};
};

/// Adds the subcommands; the one that the user names leaves its function in `chosen`.
void add_commands(CLI::App& app, CommandLine& line, Chosen& chosen) {
  const Chosen run = chosen;
  app.add_subcommand("run", "Consume until SIGTERM or SIGINT (also without a command)")->callback([&chosen, run] {
    chosen = run;
  });

  auto* validate = app.add_subcommand("validate", "Check a mapping file: exit 0, or 2 and one line per problem");
  validate->add_option("FILE", line.validate.file, "The mapping file (default: LOOM_TOPIC_MAPPINGS)");
  validate->add_flag("--database", line.validate.database, "Check against the real tables, too");
  validate->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return validate_mapping(config, line.validate); },
              .needs = {.database = line.validate.database}};
  });

  auto* migrate = app.add_subcommand("migrate", "Apply the migrations that the database lacks");
  migrate->add_flag("--status", line.migrate.status, "Only list what is applied and what is pending");
  migrate->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return migrate_database(config, line.migrate); },
              .needs = {.database = true}};
  });

  auto* tables = app.add_subcommand("create-tables", "Create the mapped tables that do not exist");
  tables->add_flag("--print", line.create_tables.print, "Only print the statements");
  tables->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return create_mapped_tables(config, line.create_tables); },
              .needs = {.database = !line.create_tables.print}};
  });

  auto* sample = app.add_subcommand("produce-sample", "Produce deterministic sample messages for a mapped topic");
  sample->add_option("--topic", line.sample.topic, "The topic")->required();
  sample->add_option("--count", line.sample.count, "How many messages")->required();
  sample->add_option("--rate", line.sample.rate, "Messages a second (default: as fast as possible)");
  sample->add_option("--seed", line.sample.seed, "The same seed gives the same messages");
  sample->add_option("--bad-ratio", line.sample.bad_ratio, "Share of bad messages of every kind, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  sample->add_option("--partitions", line.sample.partitions, "Partitions of the topic when it has to be made");
  sample->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return produce_sample(config, line.sample); },
              .needs = {.database = false}};
  });

  auto* lag = app.add_subcommand("lag", "Committed offset, end offset and lag of a consumer group, by partition");
  lag->add_option("--group", line.lag.group, "The consumer group (default: LOOM_KAFKA_GROUP_ID)");
  lag->add_flag("--watch", line.lag.watch, "Again every two seconds");
  lag->add_flag("--json", line.lag.json, "As JSON");
  lag->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return show_lag(config, line.lag); },
              .needs = {.database = false}};
  });

  auto* health = app.add_subcommand("healthcheck", "Ask the service of this machine by LOOM_HTTP_PORT: exit 0 or 1");
  health->add_flag("--ready", line.health.ready, "Is it ready (/readyz), not only alive (/healthz)");
  health->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return check_health(config, line.health); },
              .needs = {.database = false}};
  });
}

}  // namespace

int run_command_line(int argc, char** argv, Failpoints& failpoints) {
  CLI::App app("JSON messages from Kafka topics into PostgreSQL tables, exactly once.", "kafka-to-db-consumer");
  app.set_version_flag("--version", std::string("kafka-to-db-consumer ") + kVersion);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer("Configured by LOOM_ environment variables or --config; see docs/operations.md.");
  CommandLine line;
  app.add_option("--config", line.config_file, "YAML file with the names of the environment; the environment wins");
  Chosen chosen{.run = [&](const settings::Config& config) { return run_service(config, failpoints); },
                .needs = {.database = true}};
  add_commands(app, line, chosen);
  add_tool_commands(
      app, line.tools,
      [&chosen](Command run, settings::ConfigNeeds needs) { chosen = {.run = std::move(run), .needs = needs}; },
      failpoints);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  try {
    const auto config = configured(line.config_file, chosen.needs);
    return config ? chosen.run(*config) : kWrongUsage;
  } catch (const WrongSetting& error) {
    std::cerr << "error: " << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace loom::app
