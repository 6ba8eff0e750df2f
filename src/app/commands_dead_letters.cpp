#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/mapping_input.h"
#include "app/schema_registry.h"
#include "base/clock.h"
#include "base/plural.h"
#include "base/reject.h"
#include "base/similar.h"
#include "base/wrong_setting.h"
#include "dead_letters/replay.h"
#include "dead_letters/report.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "pipeline/compile_topic.h"
#include "sink/catalog_reader.h"
#include "text/instant.h"

namespace loom::app {

namespace {

constexpr std::uint64_t kListed = 20;
constexpr std::size_t kValueMost = std::size_t{256} << 20U;

bool take_time(const char* option, const std::optional<std::string>& text, std::optional<std::int64_t>& us) {
  if (!text) return true;
  us = text::parse_since(*text, SystemClock().wall_us());
  if (us) return true;
  std::cerr << "error: " << option << " is \"" << *text
            << "\", but takes a time span such as 30m, 2h or 3d, or a time such as 2026-01-31T12:00:00Z\n";
  return false;
}

/// False after saying that no dead letter has such a reason.
bool is_reason(const std::optional<std::string>& reason) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kRejectReasons; ++i) known.emplace_back(to_string(static_cast<RejectReason>(i)));
  if (!reason || std::find(known.begin(), known.end(), *reason) != known.end()) return true;
  std::cerr << "error: --reason is \"" << *reason << "\", which no dead letter has; " << did_you_mean(*reason, known)
            << "there are: " << fmt::format("{}", fmt::join(known, ", ")) << '\n';
  return false;
}

/// False after saying what is wrong with the options.
bool add_times(const DeadLetterOptions& options, dead_letters::DeadLetterFilter& filter) {
  if (!take_time("--since", options.since, filter.since_us)) return false;
  if (!take_time("--until", options.until, filter.until_us)) return false;
  if (options.older_than) {
    const auto span = text::parse_span(*options.older_than);
    if (!span) {
      std::cerr << "error: --older-than is \"" << *options.older_than
                << "\", but takes a time span such as 45s, 30m, 2h, 3d or 1w\n";
      return false;
    }
    filter.until_us = SystemClock().wall_us() - *span;
  }
  // Beyond what a database has words for, there is nothing to be found either.
  for (auto* us : {&filter.since_us, &filter.until_us}) {
    if (*us) *us = std::max<std::int64_t>(0, **us);
  }
  if (!filter.since_us || !filter.until_us || *filter.since_us < *filter.until_us) return true;
  std::cerr << "error: nothing lies between --since, which is " << text::instant_text(*filter.since_us)
            << ", and the end, which is " << text::instant_text(*filter.until_us) << '\n';
  return false;
}

/// The bytes of a file, or of standard input. Nothing after saying why not.
std::optional<std::string> read_value(const std::string& path) {
  std::ostringstream bytes;
  const bool from_input = path == "-";
  std::ifstream file;
  if (!from_input) file.open(path, std::ios::binary);
  std::istream& in = from_input ? std::cin : file;
  if (in.good() && in.peek() != std::istream::traits_type::eof()) bytes << in.rdbuf();
  if (in.bad() || (!from_input && !file.is_open()) || bytes.fail()) {
    std::cerr << "error: cannot read --value " << path << ": " << std::strerror(errno) << '\n';
    return std::nullopt;
  }
  std::string value = bytes.str();
  if (value.size() <= kValueMost) return value;
  std::cerr << "error: --value " << path << " has " << value.size() << " bytes, and at most " << kValueMost
            << " are stored\n";
  return std::nullopt;
}

/// Nothing after saying what is wrong with the options.
std::optional<dead_letters::DeadLetterFilter> filter_of(const settings::Config& config,
                                                        const DeadLetterOptions& options) {
  dead_letters::DeadLetterFilter filter;
  if (!options.all_groups) filter.group = options.group.value_or(config.group_id());
  filter.topic = options.topic;
  if (!is_reason(options.reason)) return std::nullopt;
  filter.reason = options.reason;
  filter.trace_id = options.trace;
  filter.ids = options.ids;
  filter.limit = options.limit;
  filter.repaired = options.repaired;
  return add_times(options, filter) ? std::optional(std::move(filter)) : std::nullopt;
}

/// Compiles the topic's mapping against its tables as they are now.
dead_letters::ReplayPlan plan_of(const mapping::MappingFile& file, const std::string& url, const std::string& topic,
                                 const std::set<mapping::TableValues>& values) {
  const mapping::TopicMapping* found = mapping::find_topic(file, topic);
  if (found == nullptr) return {.plan = nullptr, .error = "no mapping of " + file.path + " names this topic"};
  auto concrete = pipeline::concrete_topics(*found, topic, values);
  const auto catalog = sink::DatabaseCatalog::read(url, pipeline::tables_of(concrete));
  // A replay makes no tables, and goes on with those dead letters whose tables are there.
  for (auto& one : concrete) {
    if (!one.values.empty() && one.problem.empty() && lacks_a_table(one, catalog)) {
      one.problem = "there is no table " + one.mapping.table.display() + ", or one of its lists has none";
    }
  }
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

/// The oldest and the newest that a command is about: who takes --since for its opposite sees it.
std::string times_of(dead_letters::DeadLetterStore& store, const dead_letters::DeadLetterFilter& filter) {
  const auto counts = store.counts(filter);
  if (counts.empty() || filter.limit) return "";
  std::int64_t oldest = counts.front().oldest_us;
  std::int64_t newest = counts.front().newest_us;
  for (const auto& one : counts) {
    oldest = std::min(oldest, one.oldest_us);
    newest = std::max(newest, one.newest_us);
  }
  return ", from " + text::instant_text(oldest) + " to " + text::instant_text(newest);
}

/// None, too, where this role may not look at them, or the database has no table of them yet.
std::uint64_t count_or_none(dead_letters::DeadLetterStore& store, const dead_letters::DeadLetterFilter& filter) {
  try {
    return store.count(filter);
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

int list_dead_letters(const settings::Config& config, const DeadLetterOptions& options) {
  auto filter = filter_of(config, options);
  if (!filter) return kWrongUsage;
  dead_letters::DeadLetterStore store(config.database.url);
  const auto counts = store.counts(*filter);
  if (!filter->limit) filter->limit = kListed;
  const auto newest = store.list(*filter);
  if (options.repaired) {
    std::cout << (options.json ? dead_letters::render_repaired_json(counts, newest)
                               : dead_letters::render_repaired(counts, newest));
    return 0;
  }
  dead_letters::DeadLetterFilter others = *filter;
  others.repaired = true;
  others.limit.reset();
  const std::uint64_t repaired = count_or_none(store, others);
  std::cout << (options.json ? dead_letters::render_list_json(counts, newest, repaired)
                             : dead_letters::render_list(counts, newest, repaired));
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
  std::vector<std::int64_t> ids = store.ids(filter);
  filter.repaired = true;
  for (const std::int64_t id : store.ids(filter)) ids.push_back(id);
  // One by one, the oldest first: each may be tens of megabytes.
  for (const std::int64_t id : ids) {
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
  dead_letters::ReplayOptions replay;
  if (options.value) {
    if (options.ids.size() != 1) {
      std::cerr << "error: --value is the value of one dead letter: say which with one --id\n";
      return kWrongUsage;
    }
    replay.value = read_value(*options.value);
    if (!replay.value) return kWrongUsage;
  }
  const mapping::LoadResult loaded = load_mapping(config);
  if (!loaded.file) {
    for (const auto& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
    return kWrongUsage;
  }
  replay.filter = *filter;
  replay.dry_run = options.dry_run;
  replay.force = options.force;
  WaitingSchemas schemas(config);
  replay.registry = schemas.registry();
  replay.progress = isatty(STDERR_FILENO) != 0 ? stderr : nullptr;
  if (const auto selection = loaded.file->selection; selection != nullptr) {
    if (options.topic && !selection->takes(*options.topic)) {
      throw WrongSetting(why_not_mapped(*loaded.file, *options.topic));
    }
    replay.is_ours = [selection](const std::string& topic) { return selection->takes(topic); };
  }
  replay.plan_of = [&](const std::string& topic, const std::set<mapping::TableValues>& values) {
    return plan_of(*loaded.file, config.database.url, topic, values);
  };
  const dead_letters::ReplayReport report = dead_letters::replay_dead_letters(config.database, replay, failpoints);
  std::cout << (options.json ? dead_letters::render_replay_json(report) : dead_letters::render_replay(report));
  // Who gives a value wants to know that it is stored.
  if (options.value && (report.topics.empty() || report.topics.front().stored == 0)) {
    std::cerr << "error: dead letter " << options.ids.front()
              << (report.topics.empty() ? " does not wait in this group" : " is not stored with this value") << '\n';
    return 1;
  }
  return report.ok() ? 0 : 1;
}

int purge_dead_letters(const settings::Config& config, const DeadLetterOptions& options) {
  const auto filter = filter_of(config, options);
  if (!filter) return kWrongUsage;
  if (!filter->narrows() && !options.all) {
    std::cerr << "error: say which: --topic, --reason, --trace, --since, --until, --older-than, --id or --limit, or "
                 "--all for "
                 "all of the group\n";
    return kWrongUsage;
  }
  dead_letters::DeadLetterStore store(config.database.url);
  const char* const what = options.repaired ? "repaired dead letter" : "dead letter";
  if (!options.yes) {
    std::cerr << "error: this would delete " << plural(store.count(*filter), what) << " for good"
              << times_of(store, *filter) << "; add --yes to do it\n";
    return kWrongUsage;
  }
  std::cout << "deleted " << plural(store.purge(*filter), what) << '\n';
  return 0;
}

}  // namespace loom::app
