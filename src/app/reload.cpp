#include "app/reload.h"

#include <fmt/ranges.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "app/changed_settings.h"
#include "app/dead_letter_route.h"
#include "app/logging.h"
#include "app/mapping_input.h"
#include "app/preparation.h"
#include "app/schema_registry.h"
#include "app/table_schemas.h"
#include "base/log.h"
#include "base/plural.h"
#include "batch/cause.h"
#include "sink/database_failure.h"
#include "source/group_client.h"

namespace loom::app {

namespace {

using mapping::Problem;
using mapping::Severity;

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::string_view kTriedAgain = "tried again, since the database may have changed";
constexpr int kPauseFactor = 20;  // a check of everything against the database is not what it shall be busy with

Problem problem(Severity severity, std::string message) {
  Problem made;
  made.severity = severity;
  made.message = std::move(message);
  return made;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

}  // namespace

/// The files as they are now, read and checked.
struct Reloader::Candidate {
  settings::Config config;
  std::optional<kafka::ConsumerConfig> row;      ///< nothing where it was not come so far
  std::optional<pipeline::PreparedPlans> plans;  // nothing: they cannot be used
  std::vector<Problem> problems;
  bool database_decides = false;  // refused, if it is, for what the database has or since it does not answer
  bool database_away = false;
};

Reloader::Reloader(settings::Config config, kafka::ConsumerConfig row, pipeline::ConsumerSettings settings, Parts parts)
    : parts_(parts),
      config_(std::move(config)),
      settings_(std::move(settings)),
      row_(std::move(row)),
      taken_(files()),
      thread_([this] { run(); }) {}

Reloader::~Reloader() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

/// With reloading_ held.
Reloader::Candidate Reloader::read_candidate(bool create_tables) const {
  Candidate candidate;
  settings::ConfigResult read = settings::load_config(config_.file);
  for (const auto& text : read.errors) candidate.problems.push_back(problem(Severity::error, text));
  for (const auto& text : read.warnings) candidate.problems.push_back(problem(Severity::warning, text));
  if (!read.ok()) return candidate;
  if (parts_.loader != nullptr) {
    std::vector<std::string> warnings;
    candidate.row = parts_.loader->load_config(kServiceName);
    read.config = with_row(std::move(read.config), *candidate.row, warnings);
    for (auto& text : warnings) candidate.problems.push_back(problem(Severity::warning, std::move(text)));
  }
  candidate.config = with_fixed_settings(config_, read.config);
  for (const auto& name : changed_settings(config_, read.config).restart) {
    candidate.problems.push_back(problem(Severity::warning, name + " changed: takes effect at the next start"));
  }

  mapping::LoadResult loaded = load_mapping(candidate.config);
  std::move(loaded.problems.begin(), loaded.problems.end(), std::back_inserter(candidate.problems));
  if (!loaded.file) return candidate;
  if (auto wrong = dead_letter_problem(candidate.config, *loaded.file)) {
    candidate.problems.push_back(problem(Severity::error, std::move(*wrong)));
    return candidate;
  }
  if (auto wrong = registry_problem(candidate.config, *loaded.file)) {
    candidate.problems.push_back(problem(Severity::error, std::move(*wrong)));
    return candidate;
  }
  std::set<std::string> waiting;  // topics whose tables cannot be made yet: they wait as at a start, and keep nobody
  try {
    if (create_tables && candidate.config.auto_create_tables) {
      for (Problem& found : create_missing_tables(candidate.config, *loaded.file)) {
        if (found.severity == Severity::error && found.message.starts_with(kTableNotYet)) {
          waiting.insert(found.topic);
          found.severity = Severity::warning;
        }
        candidate.problems.push_back(std::move(found));
      }
    }
    candidate.plans = parts_.plans.prepare(std::make_shared<const mapping::MappingFile>(std::move(*loaded.file)));
  } catch (const std::exception& error) {
    candidate.problems.push_back(
        problem(Severity::error, std::string("the mapping cannot be checked against the database: ") + error.what()));
    candidate.database_decides = true;
    candidate.database_away = batch::is_database_wide(sink::cause_of_failure(error));
    return candidate;
  }
  std::set<std::string> known;
  for (const auto& topic : parts_.plans.file()->topics) known.insert(topic.topic);
  for (Problem found : candidate.plans->problems) {
    // It was so before, and the topic waits for its table as it did.
    const bool waits = waiting.contains(found.topic) || known.contains(found.topic);
    if (waits && !parts_.plans.has_plan(found.topic)) found.severity = Severity::warning;
    candidate.problems.push_back(std::move(found));
  }
  candidate.database_decides = true;
  return candidate;
}

ValidateResult Reloader::validate() const {
  const MutexLock lock(reloading_);
  Candidate candidate = read_candidate(false);
  return {.valid = candidate.plans.has_value() && !mapping::has_errors(candidate.problems),
          .problems = std::move(candidate.problems)};
}

ReloadResult Reloader::reload(std::string_view trigger) {
  const MutexLock lock(reloading_);
  ReloadResult result;
  const TimePoint began = std::chrono::steady_clock::now();
  taken_ = files();
  Candidate candidate = read_candidate(true);
  for (const auto& found : candidate.problems) {
    (found.severity == Severity::error ? result.errors : result.warnings).push_back(to_string(found));
  }
  result.try_again = candidate.database_decides && !result.errors.empty();
  if (candidate.row) row_ = *candidate.row;
  const bool away = candidate.database_away;
  if (result.errors.empty()) apply(std::move(candidate), result);
  if (!result.applied) {
    if (refuse(trigger, result, began) && !away) ++refused_;
    return result;
  }
  {
    const MutexLock refusal_lock(refusal_mutex_);
    refusal_.reset();
  }
  ++applied_;
  for (const auto& text : result.warnings) log::warn({}, "reload ({}): {}", trigger, text);
  const auto names = [](const std::vector<std::string>& all) { return fmt::format("{}", fmt::join(all, " ")); };
  spdlog::info("reload ({}): {} added [{}], {} removed [{}], {} changed [{}]; settings [{}]{}", trigger,
               plural(result.topics.added.size(), "topic"), names(result.topics.added), result.topics.removed.size(),
               names(result.topics.removed), result.topics.changed.size(), names(result.topics.changed),
               names(result.settings), result.client_recreated ? "; a new Kafka client" : "");
  return result;
}

/// The same refusal again is no news. True: somebody or something asked for this reload, so it counts.
bool Reloader::refuse(std::string_view trigger, const ReloadResult& result, TimePoint began) {
  const TimePoint now = std::chrono::steady_clock::now();
  bool news = trigger != kTriedAgain;
  {
    const MutexLock lock(refusal_mutex_);
    if (!refusal_) refusal_.emplace().since = now;
    news = news || refusal_->errors != result.errors;
    refusal_->errors = result.errors;
    const Duration pause = std::max<Duration>(kLookEvery, kPauseFactor * (now - began));
    refusal_->next_try = result.try_again ? now + pause : TimePoint::max();
  }
  if (news) {
    log::error({}, "reload ({}) refused, the old configuration stays: {}", trigger, fmt::join(result.errors, "; "));
  }
  return trigger != kTriedAgain;
}

std::optional<status::RefusedReload> Reloader::refusal() const {
  const MutexLock lock(refusal_mutex_);
  if (!refusal_) return std::nullopt;
  return status::RefusedReload{.since_seconds = in_seconds(std::chrono::steady_clock::now() - refusal_->since),
                               .errors = refusal_->errors,
                               .tried_again = refusal_->next_try != TimePoint::max()};
}

void Reloader::apply(Candidate candidate, ReloadResult& result) {
  pipeline::ConsumerSettings settings;
  try {
    settings = consumer_settings(candidate.config, candidate.plans->file);
    result.client_recreated = pipeline::needs_new_client(settings_, settings);
    if (result.client_recreated) source::GroupClient{settings.client};  // refuses what librdkafka refuses
  } catch (const std::exception& error) {
    result.errors.emplace_back(error.what());
    return;
  }
  result.settings = changed_settings(config_, candidate.config).taken;
  result.topics = parts_.plans.adopt(std::move(*candidate.plans));
  parts_.pool.resize(candidate.config.database.pool_min, candidate.config.database.pool_max);
  set_up_logging(candidate.config.log_level, candidate.config.log_format);
  parts_.consumer.reconfigure(settings);
  settings_ = std::move(settings);
  config_ = std::move(candidate.config);
  result.applied = true;
}

// ---- Its own thread

void Reloader::request(std::string trigger) {
  {
    const MutexLock lock(mutex_);
    requested_ = std::move(trigger);
  }
  asked_.notify_one();
}

/// What the files hold: ConfigMaps change by a symbolic link, editors by renaming, so neither times nor inodes tell.
std::string Reloader::files() const {
  return content_of(config_.topic_mappings) + '\0' + (config_.file ? content_of(*config_.file) : "");
}

/// Whether the files hold something that was not tried yet, and have held it at the last look, too (`seen`).
bool Reloader::changed(std::string& seen) const {
  const MutexLock lock(reloading_);
  if (!config_.watch_files) return false;
  std::string now = files();
  const bool settled = now == seen;
  seen = std::move(now);
  return settled && seen != taken_;
}

/// Whether what was refused, and nothing else, is to be tried again now.
bool Reloader::may_fit_now() const {
  const MutexLock lock(reloading_);
  {
    const MutexLock refusal_lock(refusal_mutex_);
    if (!refusal_ || std::chrono::steady_clock::now() < refusal_->next_try) return false;
  }
  return files() == taken_;
}

/// The loader asks the database once in its cache time.
bool Reloader::row_changed() const {
  if (parts_.loader == nullptr) return false;
  const MutexLock lock(reloading_);
  return parts_.loader->load_config(kServiceName) != row_;
}

void Reloader::run() {
  pthread_setname_np(pthread_self(), "reload");
  std::string seen;
  MutexLock lock(mutex_);
  while (!stopping_) {
    asked_.wait_for(lock, kLookEvery, [this]() LOOM_REQUIRES(mutex_) { return stopping_ || !requested_.empty(); });
    if (stopping_) return;
    std::string trigger = std::exchange(requested_, {});
    lock.unlock();
    if (trigger.empty() && changed(seen)) trigger = "file changed";
    if (trigger.empty() && row_changed()) trigger = "pipeline_consumer_configs changed";
    if (trigger.empty() && may_fit_now()) trigger = kTriedAgain;
    if (!trigger.empty()) reload(trigger);
    lock.lock();
  }
}

}  // namespace loom::app
