#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
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
#include "settings/reference.h"

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

std::string settings_help() {
  return "Settings, from the environment or the YAML file of --config; the environment wins:\n\n" +
         render_settings(settings::setting_reference());
}

struct CommandLine {
  std::optional<std::string> config_file;
  ValidateOptions validate;
  TryOptions attempt;
  InferOptions infer;
  MigrateOptions migrate;
  CreateTablesOptions create_tables;
  SampleCommandOptions sample;
  LagCommandOptions lag;
  HealthCommandOptions health;
  SettingsOptions settings;
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
  auto* consume = app.add_subcommand("run", "Consume until SIGTERM or SIGINT (also without a command)");
  consume->footer(settings_help);
  consume->callback([&chosen, run] { chosen = run; });

  auto* validate = app.add_subcommand("validate", "Check a mapping file: exit 0, or 2 and one line per problem");
  validate->add_option("FILE", line.validate.file, "The mapping file (default: LOOM_TOPIC_MAPPINGS)");
  validate->add_flag("--database", line.validate.database, "Check against the real tables, too");
  validate->add_flag("--registry", line.validate.registry,
                     "Check against the latest schemas of the topics in the schema registry, too");
  validate->add_flag("--strict", line.validate.strict, "Warnings count, too: exit 2");
  validate->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return validate_mapping(config, line.validate); },
              .needs = {.database = line.validate.database}};
  });

  auto* attempt = app.add_subcommand("try", "Map messages from standard input, one on a line, and show their rows");
  attempt->footer(
      "A line for each message: the rows, or why it would be a dead letter. Nothing is stored, and no server is "
      "needed.\n"
      "Exit 0, or 1 when one is bad.\n\n"
      "  kcat -C -b localhost:9092 -t orders -c 10 -e | kafka-to-db-consumer try topic_mappings.yml --topic orders");
  attempt->add_option("FILE", line.attempt.file, "The mapping file (default: LOOM_TOPIC_MAPPINGS)");
  attempt->add_option("--topic", line.attempt.topic, "The topic that they are of (default: the file's only one)");
  attempt->add_option("--key-separator", line.attempt.key_separator,
                      "What stands before it on a line is the message's key, as `kcat -K` prints it");
  attempt
      ->add_option("--header", line.attempt.headers, "NAME=VALUE, a header of all messages; may be given several times")
      ->allow_extra_args(false);
  attempt->add_flag("--database", line.attempt.database,
                    "With the real tables, not those that create-tables would make");
  attempt->add_flag("--base64", line.attempt.base64,
                    "Values and keys are in Base64, one on a line: for Avro, Protobuf and other bytes");
  attempt->add_flag("--json", line.attempt.json, "A JSON object for each message, with whole values");
  attempt->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return try_mapping(config, line.attempt, std::cin); },
              .needs = {.database = line.attempt.database}};
  });

  auto* infer = app.add_subcommand("infer", "Write the draft of a mapping for messages from standard input");
  infer->footer(
      "One message on a line; a hundred or so tell more than one. Lines of the draft with `?` are guesses to look "
      "at.\n\n"
      "  kcat -C -b localhost:9092 -t orders -c 100 -e | kafka-to-db-consumer infer --topic orders > "
      "topic_mappings.yml");
  infer->add_option("--topic", line.infer.topic, "The topic that they are of")
      ->required()
      ->check(
          [](const std::string& topic) { return topic.empty() ? std::string("a topic has a name") : std::string(); });
  infer->add_option("--table", line.infer.table, "The table (default: the topic's name)");
  infer->add_option("--key", line.infer.key, "The columns that tell messages apart (default: guessed)")->delimiter(',');
  infer->callback([&] {
    chosen = {.run = [&](const settings::Config&) { return infer_mapping(line.infer, std::cin); },
              .needs = {.database = false}};
  });

  auto* migrate = app.add_subcommand("migrate", "Apply the migrations that the database lacks");
  migrate->add_flag("--status", line.migrate.status, "Only list what is applied and what is pending");
  migrate->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return migrate_database(config, line.migrate); },
              .needs = {.database = true}};
  });

  auto* tables = app.add_subcommand("create-tables", "Create the mapped tables that do not exist");
  tables->add_option("FILE", line.create_tables.file, "The mapping file (default: LOOM_TOPIC_MAPPINGS)");
  auto* print = tables->add_flag("--print", line.create_tables.print, "Only print the statements");
  tables->add_flag("--alter", line.create_tables.alter, "Also add the columns that existing tables lack")
      ->excludes(print);
  tables->callback([&] {
    chosen = {.run = [&](const settings::Config& config) { return create_mapped_tables(config, line.create_tables); },
              .needs = {.database = !line.create_tables.print}};
  });

  auto* sample = app.add_subcommand("produce-sample", "Produce deterministic sample messages for a mapped topic");
  sample->add_option("--topic", line.sample.topic, "The topic")->required();
  auto* count = sample->add_option("--count", line.sample.count, "How many messages");
  sample->add_option("--rate", line.sample.rate, "Messages a second (default: as fast as possible)");
  sample->add_option("--seed", line.sample.seed, "The same seed gives the same messages");
  sample->add_option("--bad-ratio", line.sample.bad_ratio, "Share of bad messages of every kind, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  sample->add_option("--partitions", line.sample.partitions, "Partitions of the topic when it has to be made");
  static const std::map<std::string, formats::Format> kSampleFormats{
      {"json", formats::Format::json}, {"avro", formats::Format::avro}, {"protobuf", formats::Format::protobuf}};
  sample
      ->add_option("--format", line.sample.format,
                   "Their format (default: as the mapping says); the schema goes to LOOM_SCHEMA_REGISTRY_URL")
      ->transform(CLI::CheckedTransformer(kSampleFormats).description("json, avro or protobuf"));
  sample->add_flag("--print-schema", line.sample.print_schema, "Only print their schema")->excludes(count);
  sample->callback([&, count] {
    if (count->count() == 0 && !line.sample.print_schema) throw CLI::RequiredError("--count");
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

  auto* settings = app.add_subcommand("settings", "Every setting with its default");
  settings->add_flag("--markdown", line.settings.markdown, "As a table in Markdown");
  settings->callback([&] {
    chosen = {.run = [&](const settings::Config&) { return show_settings(line.settings); },
              .needs = {.database = false}};
  });
}

}  // namespace

int run_command_line(int argc, char** argv, Failpoints& failpoints) {
  CLI::App app("JSON messages from Kafka topics into PostgreSQL tables, exactly once.", "kafka-to-db-consumer");
  app.set_version_flag("--version", std::string("kafka-to-db-consumer ") + kVersion);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(settings_help);
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
