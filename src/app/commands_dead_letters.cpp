#include <unistd.h>

#include <iostream>
#include <string>

#include "app/commands.h"
#include "base/clock.h"
#include "base/plural.h"
#include "dead_letters/replay.h"
#include "dead_letters/report.h"
#include "mapping/loader.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "pipeline/compile_topic.h"
#include "sink/catalog_reader.h"
#include "text/instant.h"

namespace loom::app {

namespace {

constexpr std::uint64_t kListed = 20;

/// Nothing after saying what is wrong with the options.
std::optional<dead_letters::DeadLetterFilter> filter_of(const settings::Config& config,
                                                        const DeadLetterOptions& options) {
  dead_letters::DeadLetterFilter filter;
  if (!options.all_groups) filter.group = options.group.value_or(config.group_id());
  filter.topic = options.topic;
  filter.reason = options.reason;
  filter.trace_id = options.trace;
  filter.ids = options.ids;
  filter.limit = options.limit;
  if (options.since) {
    filter.since_us = text::parse_since(*options.since, SystemClock().wall_us());
    if (!filter.since_us) {
      std::cerr << "error: --since is \"" << *options.since
                << "\", but takes a time span such as 30m, 2h or 3d, or a time such as 2026-01-31T12:00:00Z\n";
      return std::nullopt;
    }
  }
  return filter;
}

/// Compiles the topic's mapping against its tables as they are now.
dead_letters::ReplayPlan plan_of(const mapping::MappingFile& file, const std::string& url, const std::string& topic,
                                 const std::set<mapping::TableValues>& values) {
  const mapping::TopicMapping* found = mapping::find_topic(file, topic);
  if (found == nullptr) return {.plan = nullptr, .error = "no mapping of " + file.path + " names this topic"};
  const auto concrete = pipeline::concrete_topics(*found, topic, values);
  const auto catalog = sink::DatabaseCatalog::read(url, pipeline::tables_of(concrete));
  mapping::CompileResult compiled = pipeline::compile_topic(*found, concrete, catalog, file.path);
  if (compiled.plan) {
    return {.plan = std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan)), .error = {}};
  }
  std::string errors;
  for (const auto& problem : compiled.problems) {
    if (problem.severity == mapping::Severity::error) errors += (errors.empty() ? "" : "; ") + to_string(problem);
  }
  return {.plan = nullptr, .error = std::move(errors)};
}

}  // namespace

int list_dead_letters(const settings::Config& config, const DeadLetterOptions& options) {
  auto filter = filter_of(config, options);
  if (!filter) return kWrongUsage;
  dead_letters::DeadLetterStore store(config.database.url);
  const auto counts = store.counts(*filter);
  if (!filter->limit) filter->limit = kListed;
  const auto newest = store.list(*filter);
  std::cout << (options.json ? dead_letters::render_list_json(counts, newest)
                             : dead_letters::render_list(counts, newest));
  return 0;
}

int show_dead_letters(const settings::Config& config, const DeadLetterOptions& options) {
  dead_letters::DeadLetterFilter filter;
  filter.trace_id = options.trace;
  if (options.id) filter.ids = {*options.id};
  if (!filter.narrows()) {
    std::cerr << "error: say which: an ID as in the list, or --trace\n";
    return kWrongUsage;
  }
  dead_letters::DeadLetterStore store(config.database.url);
  bool first = true;
  // One by one, the oldest first: each may be tens of megabytes.
  for (const std::int64_t id : store.ids(filter)) {
    const auto dead_letter = store.find(id);
    if (!dead_letter) continue;  // purged or replayed just now
    if (!first && !options.json) std::cout << '\n';
    std::cout << (options.json ? dead_letters::render_dead_letter_json(*dead_letter)
                               : dead_letters::render_dead_letter(*dead_letter));
    first = false;
  }
  if (!first) return 0;
  std::cerr << "error: there is no dead letter " << (options.id ? std::to_string(*options.id) : "")
            << (options.trace ? (options.id ? " of" : "of") + (" trace " + *options.trace) : "") << '\n';
  return 1;
}

int replay_dead_letters(const settings::Config& config, const DeadLetterOptions& options, Failpoints& failpoints) {
  const auto filter = filter_of(config, options);
  if (!filter) return kWrongUsage;
  const mapping::LoadResult loaded = mapping::load_mapping_file(config.topic_mappings);
  if (!loaded.file) {
    for (const auto& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
    return kWrongUsage;
  }
  dead_letters::ReplayOptions replay;
  replay.filter = *filter;
  replay.dry_run = options.dry_run;
  replay.progress = isatty(STDERR_FILENO) != 0 ? stderr : nullptr;
  replay.plan_of = [&](const std::string& topic, const std::set<mapping::TableValues>& values) {
    return plan_of(*loaded.file, config.database.url, topic, values);
  };
  const dead_letters::ReplayReport report = dead_letters::replay_dead_letters(config.database, replay, failpoints);
  std::cout << (options.json ? dead_letters::render_replay_json(report) : dead_letters::render_replay(report));
  return report.ok() ? 0 : 1;
}

int purge_dead_letters(const settings::Config& config, const DeadLetterOptions& options) {
  const auto filter = filter_of(config, options);
  if (!filter) return kWrongUsage;
  if (!filter->narrows() && !options.all) {
    std::cerr
        << "error: say which: --topic, --reason, --trace, --since, --id or --limit, or --all for all of the group\n";
    return kWrongUsage;
  }
  dead_letters::DeadLetterStore store(config.database.url);
  if (!options.yes) {
    std::cerr << "error: this would delete " << plural(store.count(*filter), "dead letter")
              << " for good; add --yes to do it\n";
    return kWrongUsage;
  }
  std::cout << "deleted " << plural(store.purge(*filter), "dead letter") << '\n';
  return 0;
}

}  // namespace loom::app
