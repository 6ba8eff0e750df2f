#include "app/tool_commands.h"

namespace loom::app {

namespace {

constexpr const char* kPurpose =
    "Messages that could not become rows: list, show, replay, purge.\n"
    "Those of LOOM_KAFKA_GROUP_ID, unless --group or --all-groups says otherwise.";

void add_filters(CLI::App& command, DeadLetterOptions& line) {
  command.add_option("--topic", line.topic, "Only of this topic");
  command.add_option("--reason", line.reason, "Only with this reason, such as invalid_json");
  command.add_option("--trace", line.trace, "Only of this trace: the id as in the logs and in `list --json`");
  command.add_option("--since", line.since, "Only from then on: 45s, 30m, 2h, 3d, 1w ago, or a time in ISO 8601 (UTC)");
  auto* until = command.add_option("--until", line.until, "Only from before then, named in the same ways");
  command.add_option("--older-than", line.older_than, "Only older than 45s, 30m, 2h, 3d, 1w")->excludes(until);
  command.add_option("--id", line.ids, "Only these; may be given several times");
  command.add_option("--limit", line.limit, "At most so many");
  auto* group = command.add_option("--group", line.group, "Of this consumer group");
  command.add_flag("--all-groups", line.all_groups, "Of every consumer group")->excludes(group);
}

void add_dead_letters(CLI::App& app, DeadLetterOptions& line, const Choose& choose, Failpoints& failpoints) {
  auto* all = app.add_subcommand("dead-letters", kPurpose);
  all->require_subcommand(1);

  auto* list = all->add_subcommand("list", "Counts by topic and reason, and the newest ones (20, or --limit)");
  add_filters(*list, line);
  list->add_flag("--repaired", line.repaired, "Those that were repaired by a replay, instead of those that wait");
  list->add_flag("--json", line.json, "As JSON");
  list->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return list_dead_letters(config, line); }, {.database = true});
  });

  auto* show = all->add_subcommand(
      "show", "One of them, or a trace's, whole: key, value, headers, error; bytes that are no text as hexadecimal");
  show->add_option("ID", line.id, "As in the list");
  show->add_option("--trace", line.trace, "All of this trace, of whichever group");
  show->add_flag("--json", line.json, "As JSON, one object a line; bytes that are no text as base64");
  show->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return show_dead_letters(config, line); }, {.database = true});
  });

  auto* replay = all->add_subcommand("replay", "Try them again through the mapping file as it is now");
  replay->footer(
      "What becomes a row is a dead letter no more, in the same transaction, and does not come back when its message "
      "is\n"
      "read again; what fails again stays, with its new reason. Safe to kill and to repeat, and safe beside a running\n"
      "service.");
  add_filters(*replay, line);
  replay->add_option("--value", line.value,
                     "With one --id: store this file's content (- is standard input) in place of the message's value; "
                     "key, headers, offset and time stay the message's own");
  replay->add_flag("--dry-run", line.dry_run, "Only ask the mapping how many it would take");
  replay->add_flag("--force", line.force,
                   "Also of topics whose messages change and delete rows: older states go over newer ones");
  replay->add_flag("--json", line.json, "As JSON");
  replay->callback([&line, choose, &failpoints] {
    choose([&](const settings::Config& config) { return replay_dead_letters(config, line, failpoints); },
           {.database = true});
  });

  auto* purge = all->add_subcommand("purge", "Delete them for good; needs a filter or --all, and --yes");
  add_filters(*purge, line);
  purge->add_flag("--all", line.all, "All of the group");
  purge->add_flag("--repaired", line.repaired,
                  "Forget those that a replay repaired, instead of those that wait: they come back if their messages "
                  "are read again");
  purge->add_flag("--yes", line.yes, "Yes, delete; without it only their number is said");
  purge->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return purge_dead_letters(config, line); }, {.database = true});
  });
}

void add_offsets(CLI::App& app, OffsetOptions& line, const Choose& choose) {
  auto* all = app.add_subcommand("offsets",
                                 "The offsets that the database has stored: show, reset. They rule over those in "
                                 "Kafka, which are a copy for lag tools.");
  all->require_subcommand(1);

  auto* show = all->add_subcommand("show", "Stored offset, log, lag and Kafka's copy, by partition");
  show->add_option("--topic", line.topic, "Only of this topic");
  show->add_option("--group", line.group, "The consumer group (default: LOOM_KAFKA_GROUP_ID)");
  show->add_flag("--json", line.json, "As JSON");
  show->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return show_offsets(config, line); }, {.database = true});
  });

  auto* reset = all->add_subcommand("reset", "Set the stored offsets of LOOM_KAFKA_GROUP_ID, and Kafka's copy");
  reset->footer(
      "Refuses while the group has members. Messages behind the new offset are stored again: rows that are there\n"
      "already come twice, unless the topic has an upsert_key.");
  auto* topic = reset->add_option("--topic", line.topic, "The topic");
  reset->add_option("--partition", line.partition, "Only this partition")->needs(topic);
  auto* to =
      reset->add_option("--to", line.to, "earliest, latest, an offset, or a time in ISO 8601 (UTC)")->needs(topic);
  auto* from = reset->add_flag("--from-kafka", line.from_kafka,
                               "Take over what a group has committed in Kafka, as after `kafka-consumer-groups.sh "
                               "--reset-offsets`, or from a predecessor");
  to->excludes(from);
  reset->add_option("--group", line.group, "With --from-kafka: whose (default: LOOM_KAFKA_GROUP_ID)")->needs(from);
  reset->add_flag("--dry-run", line.dry_run, "Only say what it would do");
  reset->add_flag("--json", line.json, "As JSON");
  reset->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return reset_offsets(config, line); }, {.database = true});
  });
}

void add_configs(CLI::App& app, ConfigsOptions& line, const Choose& choose) {
  auto* all =
      app.add_subcommand("configs", "How the pipeline's services consume, by the database: populate, show, recommend.");
  all->require_subcommand(1);

  auto* populate = all->add_subcommand("populate", "Write a row of settings for each service that has a profile");
  populate->footer("Rows that are there stay as they are, unless --overwrite says otherwise.");
  populate->add_flag("--overwrite", line.overwrite, "Set existing rows to the profiles, too");
  populate->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return populate_configs(config, line); }, {.database = true});
  });

  auto* show = all->add_subcommand("show", "The settings of every service, or all about one");
  show->footer(
      "FROM tells where they come from: the service's row, the profile of its kind, or the defaults. Of one service "
      "also what librdkafka is told, and what had to be changed for that.");
  show->add_option("SERVICE", line.service, "Only this one; one that nobody knows has the defaults");
  show->add_flag("--json", line.json, "As JSON: an array of objects, settings by the names of their columns");
  show->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return show_configs(config, line); }, {.database = true});
  });

  auto* recommend = all->add_subcommand("recommend", "What the recorded metrics and lag advise to change, and why");
  recommend->add_flag("--apply", line.apply, "Change the rows so; without it only said");
  recommend->add_flag("--json", line.json, "As JSON");
  recommend->callback([&line, choose] {
    choose([&line](const settings::Config& config) { return recommend_configs(config, line); }, {.database = true});
  });
}

}  // namespace

void add_tool_commands(CLI::App& app, ToolCommandLine& line, const Choose& choose, Failpoints& failpoints) {
  add_dead_letters(app, line.dead_letters, choose, failpoints);
  add_offsets(app, line.offsets, choose);
  add_configs(app, line.configs, choose);
  auto* size = add_size(app, line.size);
  size->callback([&line, choose] {
    choose([&line](const settings::Config&) { return size_deployment(line.size); }, {.database = false});
  });
}

}  // namespace loom::app
