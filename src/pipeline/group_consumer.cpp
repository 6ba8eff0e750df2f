#include "pipeline/group_consumer.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/plural.h"
#include "pipeline/turns.h"

namespace loom::pipeline {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPoll{50};
constexpr milliseconds kPublishEvery{500};
constexpr seconds kLookForTopicsEvery{3};
constexpr seconds kResolvePatternsEvery{30};  // as often as librdkafka asks for metadata
constexpr milliseconds kCountTopicsWithin{1000};
constexpr seconds kStepAtMost{120};  // a step asks the broker at most a few times, up to 5 s each
constexpr seconds kLeaveGroup{2};
constexpr seconds kDiscard{1};

bool is_pattern(const std::string& topic) { return topic.starts_with('^'); }

}  // namespace

GroupConsumer::GroupConsumer(ConsumerSettings settings, const Context& context, batch::Sink& sink, PlanProvider& plans,
                             sink::OffsetStore& offsets)
    : context_(context),
      clock_(context.clock),
      offsets_(offsets),
      settings_(std::move(settings)),
      pending_backoff_(milliseconds(200), seconds(3), std::hash<std::string>{}(settings_.client.group_id)) {
  for (std::size_t i = 0; i < settings_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(
        settings_.worker, context, sink, plans,
        [this](std::unique_ptr<PartitionReader> reader) { returned_.post(std::move(reader)); }));
  }
}

GroupConsumer::~GroupConsumer() {
  stop();
  // Messages and queues first, in workers and what they returned; only then the clients that they came from.
  workers_.clear();
  returned_.collect(just_returned_);
  just_returned_.clear();
}

void GroupConsumer::start() {
  client_ = std::make_unique<source::GroupClient>(settings_.client);
  join();
  for (auto& worker : workers_) threads_.emplace_back([this, &worker] { run_worker(*worker); });
  threads_.emplace_back([this] { run(); });
}

void GroupConsumer::stop() {
  if (threads_.empty()) return;
  stopping_ = true;
  threads_.back().join();
  threads_.pop_back();
  workers_stopping_ = true;
  for (auto& worker : workers_) worker->wake();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

GroupView GroupConsumer::view() const {
  GroupView found;
  {
    const MutexLock lock(view_mutex_);
    found = view_;
  }
  found.work = work();
  return found;
}

WorkerView GroupConsumer::work() const {
  WorkerView all;
  for (const auto& worker : workers_) {
    WorkerView one = worker->view();
    std::move(one.partitions.begin(), one.partitions.end(), std::back_inserter(all.partitions));
    std::move(one.lanes.begin(), one.lanes.end(), std::back_inserter(all.lanes));
  }
  return all;
}

void GroupConsumer::run_worker(Worker& worker) {
  pthread_setname_np(pthread_self(), "worker");
  while (!workers_stopping_) worker.wait(worker.step());
}

void GroupConsumer::run() {
  pthread_setname_np(pthread_self(), "group");
  try {
    consume();
    leave();
  } catch (const std::exception& error) {
    // Without a client there is no way on, and the workers would wait for ever.
    log::error({}, "the member of the group cannot go on: {}", error.what());
    failed_ = true;
  }
}

void GroupConsumer::consume() {
  TimePoint balance_at = clock_.now();
  TimePoint mirror_at = clock_.now() + settings_.mirror_every;
  while (!stopping_) {
    serve(client_->poll(kPoll));
    read_returned();
    if (pending_ && clock_.now() >= pending_retry_) take_assignment();
    if (clock_.now() >= balance_at) {
      move_between_workers();
      balance_at = clock_.now() + look_every(owned_.size());
    }
    if (clock_.now() >= mirror_at) {
      audit();
      mirror();
      mirror_at = clock_.now() + settings_.mirror_every;
    }
    if (client_failed_) begin_again();
    take_reconfiguration();
    fit_shares();
    resolve_patterns();
    look_for_topics();
    publish();
  }
}

/// The client cannot go on: its partitions are another member's already, and a new one takes its place.
void GroupConsumer::begin_again() {
  give_up(all_owned(), true);
  pending_.reset();
  retired_.push_back(std::move(client_));
  client_ = std::make_unique<source::GroupClient>(settings_.client);
  join();
  client_failed_ = false;
}

void GroupConsumer::join() {
  joined_ = settings_.topics.empty();
  no_topics_ = false;
  look_for_topics_at_ = resolve_patterns_at_ = clock_.now() + kLookForTopicsEvery;
  subscribe(subscription());
}

/// An empty list would be an error, and means to be in no group at all.
void GroupConsumer::subscribe(std::vector<std::string> topics) {
  subscribed_ = std::move(topics);
  if (subscribed_.empty()) {
    client_->unsubscribe();
  } else {
    client_->subscribe(subscribed_);
  }
}

bool GroupConsumer::resolves_patterns() const {
  return settings_.mapped && (!client_->knows_patterns() || !settings_.narrowed_by.empty()) &&
         std::any_of(settings_.topics.begin(), settings_.topics.end(), is_pattern);
}

/// Wildcards and names, or, where the client cannot go by the wildcards, what is meant of what they match now.
std::vector<std::string> GroupConsumer::subscription() const {
  if (!resolves_patterns()) return settings_.topics;
  auto found = client_->find_topics(settings_.mapped, kCountTopicsWithin);
  if (!found) return subscribed_;  // no broker answers: what it was
  for (const auto& name : settings_.topics) {
    if (!is_pattern(name)) found->push_back(name);
  }
  std::sort(found->begin(), found->end());
  found->erase(std::unique(found->begin(), found->end()), found->end());
  return std::move(*found);
}

/// Topics come and go.
void GroupConsumer::resolve_patterns() {
  if (!resolves_patterns() || clock_.now() < resolve_patterns_at_) return;
  resolve_patterns_at_ = clock_.now() + (joined_ ? kResolvePatternsEvery : kLookForTopicsEvery);
  if (auto topics = subscription(); topics != subscribed_) subscribe(std::move(topics));
}

/// Without any of its topics a member does not even join, and nobody would say why.
void GroupConsumer::look_for_topics() {
  if (joined_ || !settings_.mapped || clock_.now() < look_for_topics_at_) return;
  look_for_topics_at_ = clock_.now() + kLookForTopicsEvery;
  const auto partitions = client_->count_partitions(settings_.mapped, kCountTopicsWithin);
  if (partitions) no_topics_ = *partitions == 0;
}

void GroupConsumer::publish() {
  if (clock_.now() < publish_at_) return;
  publish_at_ = clock_.now() + kPublishEvery;
  GroupView fresh;
  fresh.state = GroupState::joining;
  fresh.member = client_->member_id();
  fresh.kafka = client_->statistics();
  fresh.settings = client_->properties();
  fresh.settings["max.poll.records"] = std::to_string(settings_.worker.turn);
  fresh.settings["batch.size"] = std::to_string(settings_.worker.lane.limits.size);
  fresh.settings["batch.timeout.ms"] = std::to_string(settings_.worker.lane.limits.timeout.count());
  fresh.settings["from"] = settings_.origin;
  if (pending_) {
    fresh.state = GroupState::waiting_for_database;
  } else if (stopping_) {
    fresh.state = GroupState::leaving;
  } else if (joined_) {
    fresh.state = GroupState::consuming;
  } else if (no_topics_) {
    fresh.state = GroupState::no_topics;
  }
  const MutexLock lock(view_mutex_);
  view_ = std::move(fresh);
}

void GroupConsumer::serve(source::GroupEvent event) {
  if (auto* assigned = std::get_if<source::Assigned>(&event)) {
    joined_ = true;
    context_.counters.rebalances.fetch_add(1, std::memory_order_relaxed);
    pending_ = std::move(assigned->partitions);
    pending_retry_ = {};
    pending_backoff_.reset();
  } else if (const auto* revoked = std::get_if<source::Revoked>(&event)) {
    pending_.reset();
    context_.counters.rebalances.fetch_add(1, std::memory_order_relaxed);
    if (revoked->lost) {
      context_.counters.partitions_lost.fetch_add(revoked->partitions.size(), std::memory_order_relaxed);
    }
    log::info({}, "{} {}", plural(revoked->partitions.size(), "partition"), revoked->lost ? "lost" : "revoked");
    give_up(revoked->partitions, revoked->lost);
    client_->unassign(revoked->partitions);
    if (owned_.empty()) joined_ = false;  // an assignment follows, be it of nothing
  } else if (const auto* fatal = std::get_if<source::FatalError>(&event)) {
    log::error({}, "the Kafka client cannot go on, making a new one: {}", fatal->message);
    client_failed_ = true;
  }
}

// ---- Letting go

GroupConsumer::Partitions GroupConsumer::all_owned() const {
  Partitions all;
  for (const auto& [where, owned] : owned_)
    all.push_back({.topic = where.topic, .partition = where.partition, .offset = -1});
  return all;
}

/// Returns when no worker has the partitions any more: after their batches, or after `release_within` without them.
/// True: all of them with their batches, so that nobody holds a message of theirs.
bool GroupConsumer::give_up(const Partitions& partitions, bool lost) {
  context_.failpoints.reach(Failpoint::revoking);
  for (const auto& at : partitions) {
    const auto found = owned_.find(key_of(at));
    if (found == owned_.end()) continue;
    found->second.moving_to.reset();
    workers_[found->second.worker]->release(at.topic, at.partition, lost);
  }
  if (!lost) wait_returned(partitions, clock_.now() + settings_.release_within);
  bool all_stored = !lost;
  for (const auto& at : partitions) {
    const auto found = owned_.find(key_of(at));
    if (found == owned_.end()) continue;
    all_stored = false;
    workers_[found->second.worker]->release(at.topic, at.partition, true);
  }
  wait_returned(partitions, clock_.now() + kDiscard);
  if (!lost) client_->mirror(final_offsets_);
  final_offsets_.clear();
  return all_stored;
}

void GroupConsumer::wait_returned(const Partitions& partitions, TimePoint until) {
  const auto all_back = [&] {
    return std::none_of(partitions.begin(), partitions.end(),
                        [&](const auto& at) { return owned_.contains(key_of(at)); });
  };
  read_returned();
  while (!all_back() && clock_.now() < until) {
    returned_.wait_until(until);
    read_returned();
  }
}

void GroupConsumer::read_returned() {
  returned_.collect(just_returned_);
  for (auto& reader : just_returned_) {
    const sink::TopicPartition where{.topic = reader->topic(), .partition = reader->partition()};
    const auto found = owned_.find(where);
    if (found == owned_.end()) continue;
    if (found->second.moving_to) {
      found->second.worker = *found->second.moving_to;
      found->second.moving_to.reset();
      workers_[found->second.worker]->add_partition(std::move(reader));
      continue;
    }
    const std::int64_t stored = reader->ledger().stored();
    if (stored != found->second.mirrored) {
      final_offsets_.push_back({.topic = where.topic, .partition = where.partition, .offset = stored});
    }
    owned_.erase(found);
  }
  just_returned_.clear();
}

bool GroupConsumer::stuck() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->stepping() > kStepAtMost; });
}

/// The first phase of the end: no new work, batches finish, then the group is left. Every wait is bounded.
void GroupConsumer::leave() {
  context_.failpoints.reach(Failpoint::leaving);
  pending_.reset();
  give_up(all_owned(), false);
  close_client();
}

void GroupConsumer::close_client() {
  client_->close();
  const TimePoint until = clock_.now() + kLeaveGroup;
  while (!client_->closed() && clock_.now() < until) serve(client_->poll(kPoll));
}

}  // namespace loom::pipeline
