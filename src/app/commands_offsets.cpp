#include <iostream>

#include "app/commands.h"
#include "app/mapping_input.h"
#include "base/wrong_setting.h"
#include "offsets/tool.h"

namespace loom::app {

namespace {

/// Fails: WrongSetting where `topic` is another deployment's.
offsets::OffsetToolSettings settings_of(const settings::Config& config, const std::optional<std::string>& topic) {
  offsets::OffsetToolSettings settings{.bootstrap_servers = config.bootstrap_servers,
                                       .rdkafka = config.rdkafka,
                                       .group = config.group_id(),
                                       .database_url = config.database.url};
  const auto selection = checked_selection_of(config);
  if (selection == nullptr) return settings;
  if (topic && !selection->takes(*topic)) throw WrongSetting(left_to_others(*topic));
  settings.is_ours = [selection](const std::string& one) { return selection->takes(one); };
  return settings;
}

}  // namespace

int show_offsets(const settings::Config& config, const OffsetOptions& options) {
  offsets::OffsetToolSettings settings = settings_of(config, options.topic);
  if (options.group) settings.group = *options.group;
  const offsets::OffsetReport report = offsets::read_offsets(settings, options.topic);
  std::cout << (options.json ? offsets::render_json(report) : offsets::render_table(report));
  return 0;
}

int reset_offsets(const settings::Config& config, const OffsetOptions& options) {
  offsets::ResetRequest request;
  request.topic = options.topic;
  request.partition = options.partition;
  request.dry_run = options.dry_run;
  if (options.from_kafka) {
    request.from_group = options.group.value_or(config.group_id());
  } else if (!options.to) {
    std::cerr << "error: say where to: --topic T --to earliest, latest, an offset or a time, or --from-kafka\n";
    return kWrongUsage;
  } else {
    request.to = offsets::parse_offset_target(*options.to);
    if (!request.to) {
      std::cerr << "error: --to is \"" << *options.to
                << "\", but takes earliest, latest, an offset, or a time such as 2026-01-31T12:00:00Z\n";
      return kWrongUsage;
    }
  }
  const offsets::ResetReport report = offsets::reset_offsets(settings_of(config, options.topic), request);
  std::cout << (options.json ? offsets::render_json(report) : offsets::render_table(report));
  return 0;
}

}  // namespace loom::app
