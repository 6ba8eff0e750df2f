#include "status/observer.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "mapping/writable.h"
#include "status/lag_known.h"
#include "status/process.h"
#include "status/troubles.h"

namespace loom::status {

namespace {

std::string_view name_of(pipeline::LaneState state) {
  switch (state) {
    case pipeline::LaneState::waiting_for_plan:
      return "waiting_for_plan";
    case pipeline::LaneState::running:
      return "running";
    case pipeline::LaneState::stopped:
    case pipeline::LaneState::undecided:
      return "stopped";
  }
  return "running";
}

/// A topic may be in several workers: whoever has trouble speaks for all.
void merge(TopicStatus& topic, const pipeline::LaneView& lane, TimePoint now, bool slow) {
  if (lane.plan != nullptr && topic.tables.empty()) {
    topic.mapping = lane.plan->mapping;
    for (const auto& table : lane.plan->tables) topic.tables.push_back(table.name.display());
    for (const auto& relation : lane.plan->unlogged) topic.warnings.push_back(mapping::unlogged_warning(relation));
  }
  if (!lane.long_trouble.empty()) topic.warnings.push_back(lane.long_trouble);
  if (!topic.trouble) topic.trouble = trouble_of(lane, now, slow);
  const bool waits_for_operator = topic.state == "stopped" && !topic.next_try_seconds;
  const bool worse = topic.state == "idle" || lane.state == pipeline::LaneState::undecided ||
                     (lane.state == pipeline::LaneState::stopped && !waits_for_operator) ||
                     (lane.state == pipeline::LaneState::waiting_for_plan && topic.state == "running");
  if (!worse) return;
  topic.state = name_of(lane.state);
  topic.reason = lane.reason;
  topic.next_try_seconds.reset();
  if (lane.state == pipeline::LaneState::stopped) {
    topic.next_try_seconds = std::max(0.0, in_seconds(lane.next_try - now));
  }
}

using TopicsByName = std::map<std::string, TopicStatus>;

TopicStatus& entry(TopicsByName& topics, const std::string& name) {
  TopicStatus& found = topics[name];
  if (found.topic.empty()) {
    found.topic = name;
    found.state = "idle";
  }
  return found;
}

/// What is mapped and has not shown up; a pattern only while no topic goes by it.
void add_mapped(TopicsByName& topics, const mapping::MappingFile& file) {
  std::set<std::string> used;
  for (const auto& [name, topic] : topics) used.insert(topic.mapping);
  for (const auto& mapped : file.topics) {
    if (mapped.is_pattern && used.contains(mapped.topic)) continue;
    TopicStatus& topic = entry(topics, mapped.topic);
    if (!topic.tables.empty()) continue;
    topic.mapping = mapped.topic;
    topic.tables.push_back(mapped.table.display());
  }
}

/// How long ago anything was stored.
double last_commit_seconds(const Snapshot& seen) {
  std::int64_t last_us = 0;
  for (const auto& [topic, counters] : seen.counters->topics()) {
    last_us = std::max(last_us, counters->last_commit_us.load(std::memory_order_relaxed));
  }
  return last_us == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(seen.wall_us - last_us) / 1e6;
}

}  // namespace

std::vector<lag::LocalPosition> local_positions(const pipeline::WorkerView& work) {
  std::vector<lag::LocalPosition> positions;
  positions.reserve(work.partitions.size());
  for (const auto& at : work.partitions) {
    positions.push_back(
        {.topic = at.topic, .partition = at.partition, .stored = at.stored, .first_unstored_ms = at.first_unstored_ms});
  }
  return positions;
}

Observer::Observer(const Observed& observed, std::string version, std::string group)
    : observed_(observed),
      version_(std::move(version)),
      group_(std::move(group)),
      started_(observed.context.clock.now()) {
  tick();  // what comes before the first second counts, too
}

void Observer::note_unprepared(batch::Cause cause, std::string says) {
  const TimePoint now = observed_.context.clock.now();
  const MutexLock lock(mutex_);
  const TimePoint since = unprepared_ && unprepared_->cause == cause ? unprepared_->since : now;
  unprepared_ = pipeline::Trouble{.cause = cause, .says = std::move(says), .since = since};
}

void Observer::note_prepared() {
  const MutexLock lock(mutex_);
  unprepared_.reset();
}

void Observer::tick() {
  const Clock& clock = observed_.context.clock;
  const sink::PoolState pool = observed_.pool.state();
  const bool full = pool.waiting > 0 && pool.busy >= pool.maximum;
  const TimePoint since = pool_full_since_;
  pool_full_since_ = full ? std::min(since, clock.now()) : TimePoint::max();
  rates_.sample(clock.now(), clock.wall_us(), observed_.context.counters, observed_.lag.latest()->total());
}

Snapshot Observer::take() const {
  const pipeline::Context& context = observed_.context;
  const TimePoint now = context.clock.now();
  const pipeline::GroupView view = observed_.consumer.view();
  Snapshot seen;
  seen.version = version_;
  seen.wall_us = context.clock.wall_us();
  seen.uptime_seconds = in_seconds(now - started_);
  seen.group = group_;
  seen.member = view.member;
  seen.state = to_string(view.state);
  seen.health = observed_.health.health();
  seen.messages = rates_.messages();
  seen.rows = rates_.rows();
  seen.lag = observed_.lag.latest();
  seen.waiting_dead_letters = observed_.lag.waiting_dead_letters();
  seen.reports_lag = observed_.lag.reports();
  seen.minute = rates_.minute(now, context.counters);
  seen.pool = observed_.pool.state();
  if (const TimePoint full = pool_full_since_; full <= now) seen.pool_full_seconds = in_seconds(now - full);
  seen.resident_bytes = read_process_usage().resident_bytes.value_or(0);
  seen.batch_bytes = context.memory.used();
  seen.batch_bytes_limit = context.memory.limit();
  seen.errors = log::recent();
  seen.kafka = view.kafka;
  if (observed_.schemas != nullptr) seen.registry = observed_.schemas->state();
  seen.settings = view.settings;
  seen.counters = &context.counters;

  TopicsByName topics;
  // A batch that is out for long may wait for a connection, or the server is away, which is said elsewhere.
  const bool slow = seen.pool.waiting == 0 && seen.health.database.now;
  Troubles troubles;
  for (const auto& lane : view.work.lanes) {
    merge(entry(topics, lane.topic), lane, now, slow);
    troubles.add(lane, now, slow);
  }
  troubles.add(seen.health.database.trouble, last_commit_seconds(seen));
  {
    const MutexLock lock(mutex_);
    if (unprepared_) troubles.add(*unprepared_, now);
  }
  seen.troubles = troubles.take();
  const double last_commit = last_commit_seconds(seen);
  for (Trouble& trouble : seen.troubles) trouble.others_store = last_commit < trouble.since_seconds;
  for (const auto& [name, counters] : context.counters.topics()) entry(topics, name).counters = counters;
  for (const auto& at : view.work.partitions) {
    ++entry(topics, at.topic).partitions;
    seen.assignment.push_back({.topic = at.topic,
                               .partition = at.partition,
                               .stored = at.stored,
                               .next = at.next,
                               .backlog = at.backlog,
                               .leaving = at.leaving});
  }
  add_mapped(topics, *observed_.plans.file());
  for (const auto& [name, behind] : seen.lag->by_topic()) {
    const auto found = topics.find(name);
    if (found == topics.end()) continue;  // of a topic that is not mapped any more
    if (!is_known(behind)) continue;
    found->second.lag = behind.total();
    found->second.lag_seconds = behind.seconds();
    const bool waits = found->second.state == "stopped" || found->second.trouble;
    if (!waits) found->second.catch_up_seconds = behind.catch_up_seconds();
    found->second.lag_state = behind.worst();
  }
  for (auto& [name, topic] : topics) {
    topic.messages = rates_.messages(name);
    topic.rows = rates_.rows(name);
    if (topic.counters != nullptr) topic.minute = rates_.minute(now, name, *topic.counters);
    seen.topics.push_back(std::move(topic));
  }
  return seen;
}

}  // namespace loom::status
