#include "pipeline/lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "decode/schema_source.h"

namespace loom::pipeline {

namespace {

using batch::Batch;

/// A fault that is over should not be waited out for long: within five seconds everything goes on.
constexpr std::chrono::seconds kWaitMost{3};

/// How often a lane that waits for schemas looks what keeps them, and how often it tries without being told to.
constexpr std::chrono::milliseconds kSchemasLook{200};
constexpr std::chrono::seconds kSchemasAgain{5};

/// What a batch that waits for schemas takes at most: what its messages grow to as rows is not known before.
constexpr std::size_t kWaitingMessages = 1000;
constexpr std::size_t kWaitingBytes = std::size_t{1} << 20U;

/// Draws differ between topics, so that lanes that failed together do not come back together.
std::uint64_t seed_of(const std::string& topic) { return std::hash<std::string>{}(topic); }

bool is_before(const PartitionReader& reader, std::int32_t partition) { return reader.partition() < partition; }

/// The last message of each reader's partition, nullptr where there is none, in one pass from the end.
std::vector<const Message*> last_of_each(const std::vector<Message>& messages,
                                         const std::vector<PartitionReader>& readers) {
  std::vector<const Message*> last(readers.size(), nullptr);
  auto missing = std::count_if(readers.begin(), readers.end(),
                               [](const PartitionReader& reader) { return reader.ledger().has_growth(); });
  for (auto message = messages.rbegin(); message != messages.rend() && missing > 0; ++message) {
    const auto reader = std::lower_bound(readers.begin(), readers.end(), message->partition, is_before);
    if (reader == readers.end() || reader->partition() != message->partition) continue;
    const Message*& found = last[static_cast<std::size_t>(reader - readers.begin())];
    if (found != nullptr) continue;
    found = &*message;
    --missing;
  }
  return last;
}

}  // namespace

Lane::Lane(std::string topic, const LaneSettings& settings, const Context& context)
    : topic_(std::move(topic)),
      context_(context),
      topic_counters_(context.counters.of(topic_)),
      settings_(settings),
      encoder_(topic_, context.clock, context.registry),
      slots_(context.memory),
      schedule_(settings.limits, context.clock),
      run_(context.clock, kWaitMost, seed_of(topic_)),
      outage_(context.clock, kWaitMost, seed_of(topic_)),
      trouble_(context.clock),
      dead_letter_watch_(settings.dead_letter_max_ratio),
      silence_(context.clock.now()) {}

// ---- Plan

void Lane::use_plan(std::shared_ptr<const mapping::TopicPlan> plan) {
  encoder_.use(std::move(plan));
  schedule_.use(limits());
  slots_.drop_spare();
  encode_anew();
  outage_.retry_at_once();
  if (state() == LaneState::stopped) log::debug({.topic = topic_}, "trying again");
  if (idle()) trouble_.end();  // nothing waits that could show whether it is over
  if (state() == LaneState::undecided) return;
  if (encoder_.wants_more()) {
    run_.want_more_of_plan();
  } else {
    run_.run();
  }
}

void Lane::encode_anew() {
  const auto anew = [this](std::unique_ptr<Batch> batch) { return encoder_.again(std::move(batch)); };
  slots_.rewrite_held(anew);
  slots_.rewrite_growing(anew);
}

bool Lane::awaits_schemas() const {
  const auto awaits = [](const Batch* batch) { return batch != nullptr && batch->awaits_schemas; };
  return awaits(slots_.held()) || awaits(slots_.growing());
}

void Lane::schemas_changed() {
  if (!awaits_schemas()) return;
  schemas_tried_ = context_.clock.now();
  encode_anew();
  if (run_.running() && encoder_.wants_more()) run_.want_more_of_plan();
}

/// Whether this batch has to wait for a schema; of a registry that does not answer it is said why.
bool Lane::waits_for_schemas(const Batch* batch) {
  if (batch == nullptr || !batch->awaits_schemas) return false;
  if (const auto trouble = context_.registry.schemas->trouble()) {
    if (!trouble_.now()) log::warn({.topic = topic_}, "waits for a schema: {}", trouble->says);
    trouble_.note(trouble->refused ? batch::Cause::registry_refused : batch::Cause::registry_away, trouble->says);
  }
  return true;
}

void Lane::plan_failed(const std::string& why, batch::Cause cause) {
  trouble_.note(cause, why);
  stop(why, !idle());
}

void Lane::change_plan(std::shared_ptr<const mapping::TopicPlan> plan) {
  if (plan != encoder_.plan()) use_plan(std::move(plan));
}

void Lane::use_settings(const LaneSettings& settings) {
  settings_ = settings;
  dead_letter_watch_.limit(settings.dead_letter_max_ratio);
  schedule_.use(limits());
}

/// The topic's mapping may have its own.
BatchLimits Lane::limits() const {
  BatchLimits limits = settings_.limits;
  if (const auto& plan = encoder_.plan()) {
    if (plan->batch_size) limits.size = static_cast<std::size_t>(*plan->batch_size);
    if (plan->batch_timeout) limits.timeout = *plan->batch_timeout;
    // Change events are long, and a batch of them costs much beside its rows (staging tables, a join each): 9.0 to 6.2
    // s of PostgreSQL's CPU per million events of 3.4 kB.
    if (plan->changes && plan->changes->events) limits.bytes_max *= 2;
  }
  return limits;
}

void Lane::stop(const std::string& why, bool unstored) {
  if (run_.state() == LaneState::undecided) return;  // it is, and for longer
  const Duration wait = run_.stop(why, unstored);
  topic_counters_.stops.fetch_add(1, std::memory_order_relaxed);
  outage_.note();
  log::error({.topic = topic_}, "stopped, next try in {} ms: {}",
             std::chrono::duration_cast<std::chrono::milliseconds>(wait).count(), why);
}

/// One of its partitions has to wait for an operator, and the topic with it: no time passes that would change that.
void Lane::await_decision(const std::string& why) {
  if (run_.state() != LaneState::undecided) topic_counters_.stops.fetch_add(1, std::memory_order_relaxed);
  run_.await_decision(why);
  log::error({.topic = topic_}, "stopped until somebody decides: {}", why);
}

/// The decision was made, or the partition that it is about is another's.
void Lane::go_on_if_decided() {
  if (run_.state() != LaneState::undecided) return;
  const auto waiting = std::find_if(readers_.begin(), readers_.end(),
                                    [](const PartitionReader& reader) { return reader.needs_decision(); });
  if (waiting == readers_.end()) {
    run_.decided();
  } else {
    run_.await_decision(waiting->decision());
  }
}

// ---- Partitions

const PartitionReader* Lane::find(std::int32_t partition) const {
  const auto at = std::lower_bound(readers_.begin(), readers_.end(), partition, is_before);
  return at != readers_.end() && at->partition() == partition ? &*at : nullptr;
}

PartitionReader* Lane::reader(std::int32_t partition) {
  const auto at = std::lower_bound(readers_.begin(), readers_.end(), partition, is_before);
  return at != readers_.end() && at->partition() == partition ? &*at : nullptr;
}

void Lane::add(PartitionReader reader) {
  const auto at = std::lower_bound(readers_.begin(), readers_.end(), reader.partition(), is_before);
  const auto added = readers_.insert(at, std::move(reader));
  if (added->needs_decision()) await_decision(added->decision());
}

void Lane::release(std::int32_t partition) {
  PartitionReader* const leaving = reader(partition);
  if (leaving == nullptr) return;
  leaving->leave();
  schedule_.flush();
}

std::vector<std::unique_ptr<PartitionReader>> Lane::take_settled() {
  std::vector<std::unique_ptr<PartitionReader>> settled;
  for (auto at = readers_.begin(); at != readers_.end();) {
    if (!at->done()) {
      ++at;
      continue;
    }
    settled.push_back(std::make_unique<PartitionReader>(std::move(*at)));
    at = readers_.erase(at);
  }
  if (!settled.empty()) go_on_if_decided();
  forget_trouble_if_idle();
  return settled;
}

std::unique_ptr<PartitionReader> Lane::discard(std::int32_t partition) {
  PartitionReader* const lost = reader(partition);
  if (lost == nullptr) return nullptr;
  auto taken = std::make_unique<PartitionReader>(std::move(*lost));
  readers_.erase(readers_.begin() + (lost - readers_.data()));
  go_on_if_decided();
  drop_from_growing({partition});
  slots_.rewrite_held([&](std::unique_ptr<Batch> batch) { return encoder_.again(std::move(batch), {partition}); });
  forget_trouble_if_idle();
  return taken;
}

/// What could not be stored is another's business, or somebody decided about it: nothing is left to be tried.
void Lane::forget_trouble_if_idle() {
  if (!idle()) return;
  run_.forget_unstored();
  if (run_.running()) trouble_.end();
  static_cast<void>(outage_.end());
}

std::string Lane::long_trouble() const {
  constexpr std::chrono::seconds kLong{10};
  const auto lasts = outage_.lasts();
  if (lasts < kLong || !trouble_.now() || shown_state() == LaneState::stopped) return {};
  return fmt::format("nothing is stored for {} s, and tried again: {}",
                     std::chrono::duration_cast<std::chrono::seconds>(lasts).count(), trouble_.now()->says);
}

// ---- Filling

bool Lane::has_growth() const {
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const PartitionReader& reader) { return reader.ledger().has_growth(); });
}

bool Lane::wants_input() const {
  if (!run_.running()) return false;
  const Batch* const growing = slots_.growing();
  if (growing == nullptr) return true;
  if (growing->awaits_schemas &&
      (growing->messages.size() >= kWaitingMessages || growing->message_bytes >= kWaitingBytes)) {
    return false;
  }
  const std::size_t rows_max = tuning_.rows_max(schedule_.limits().rows_max);
  return growing->messages.size() < rows_max && growing->rows.rows() < rows_max &&
         growing->rows.bytes() + growing->message_bytes < schedule_.limits().bytes_max && slots_.may_grow();
}

Batch* Lane::full_batch() {
  // A merge takes the rows in an order of its own.
  if (!slots_.out() || tuning_.way() == batch::Way::merge || !run_.running()) return nullptr;
  return slots_.growing() != nullptr && !wants_input() ? slots_.growing() : nullptr;
}

void Lane::note_ready(std::int32_t partition) {
  if (PartitionReader* const waiting = reader(partition)) waiting->note_ready(context_.clock.now());
}

bool Lane::fill_from(std::int32_t partition, std::size_t most) {
  const TimePoint began = context_.clock.now();
  const Batch* const before = slots_.growing();
  const std::size_t messages = before == nullptr ? 0 : before->messages.size();
  const std::size_t bytes = before == nullptr ? 0 : before->message_bytes;
  const bool more = take_from(*reader(partition), most);
  // All that one turn wants is asked for together. A stopped lane asks when its wait is over.
  if (run_.running() && encoder_.wants_more()) run_.want_more_of_plan();
  if (Batch* const filled = slots_.growing()) {
    const TimePoint now = context_.clock.now();
    filled->decoding += now - began;
    if (filled->messages.size() > messages) silence_.note_taken(now);
    topic_counters_.messages.fetch_add(filled->messages.size() - messages, std::memory_order_relaxed);
    topic_counters_.message_bytes.fetch_add(filled->message_bytes - bytes, std::memory_order_relaxed);
  }
  slots_.account();
  return more;
}

bool Lane::take_from(PartitionReader& reader, std::size_t most) {
  for (std::size_t taken = 0; taken < most; ++taken) {
    if (reader.closed()) return false;
    if (!wants_input()) return true;
    Reading reading = reader.read(context_.clock, settings_.log, silence_);
    if (auto* const message = std::get_if<Message>(&reading)) {
      take(std::move(*message));
    } else if (const auto* const step = std::get_if<Step>(&reading)) {
      if (*step == Step::nothing) return false;
      if (*step == Step::not_yet) return true;
      // What was taken from the log as it was goes out before anything else is read. An idle partition has nothing.
      if (*step == Step::doubted && reader.ledger().has_growth()) schedule_.flush();
      note(*step);
    } else if (const auto* const lost = std::get_if<LostToRetention>(&reading)) {
      topic_counters_.lost_to_retention.fetch_add(static_cast<std::uint64_t>(lost->messages),
                                                  std::memory_order_relaxed);
      schedule_.note_growth();
    } else if (const auto* const replaced = std::get_if<Replaced>(&reading)) {
      topic_counters_.replaced_records.fetch_add(static_cast<std::uint64_t>(replaced->records),
                                                 std::memory_order_relaxed);
      schedule_.flush();  // what was taken from the old log is stored first
    } else {
      await_decision(std::get<DecisionWanted>(reading).why);
    }
  }
  return true;
}

void Lane::take(Message&& message) {
  context_.failpoints.reach(Failpoint::polled);
  schedule_.note_growth();
  encoder_.append(slots_.grow(topic_, encoder_.plan()), std::move(message));
}

/// What has to be done about a step that brought no message.
void Lane::note(Step step) {
  switch (step) {
    case Step::nothing:
    case Step::not_yet:
    case Step::passed:
    case Step::doubted:
      return;
    case Step::outdated:
      context_.counters.outdated_messages.fetch_add(1, std::memory_order_relaxed);
      return;
    case Step::gap_doubted:
      context_.counters.gaps_verified.fetch_add(1, std::memory_order_relaxed);
      return;
    case Step::moved_on:
      schedule_.note_growth();
      return;
    case Step::new_log:
      schedule_.flush();  // what was taken from the old log is stored first
      return;
  }
}

/// The rows of these partitions leave the growing batch.
void Lane::drop_from_growing(const Partitions& partitions) {
  slots_.rewrite_growing([&](std::unique_ptr<Batch> batch) { return encoder_.again(std::move(batch), partitions); });
}

// ---- Writing

std::unique_ptr<Batch> Lane::hand_over(bool input_waiting) {
  if (slots_.out() || !run_.running()) return nullptr;
  // A message whose table or column the plan does not have has neither row nor dead letter yet: its offset must not go
  // out. Also where a batch came back after the plan had changed.
  if (encoder_.wants_more()) {
    run_.want_more_of_plan();
    return nullptr;
  }
  if (awaits_schemas() && context_.clock.now() >= schemas_tried_ + kSchemasAgain) schemas_changed();
  if (slots_.held() != nullptr) {
    if (waits_for_schemas(slots_.held()) || context_.clock.now() < outage_.retry_at()) return nullptr;
    if (const auto gone = disowned(*slots_.held()); !gone.empty()) {
      slots_.rewrite_held([&](std::unique_ptr<Batch> batch) { return encoder_.again(std::move(batch), gone); });
      // A verdict on a schema may be forgotten meanwhile, and a schema too: it is asked for again.
      if (waits_for_schemas(slots_.held())) return nullptr;
    }
    if (auto again = slots_.take_held()) return send(std::move(again));
  }
  if (!has_growth()) {
    schedule_.start_over();
    slots_.drop_spare_if_scarce();  // an idle lane need not keep it warm
    return nullptr;
  }
  if (waits_for_schemas(slots_.growing())) return nullptr;
  schedule_.note_growth();
  const bool full = !wants_input();
  schedule_.note_due(slots_.growing() == nullptr ? 0 : slots_.growing()->messages.size(), full);
  return schedule_.may_go(full, input_waiting) ? send(close_growing()) : nullptr;
}

/// The growing batch with what it covers; one without messages, where only offsets moved.
std::unique_ptr<Batch> Lane::close_growing() {
  Batch& batch = slots_.grow(topic_, encoder_.plan());
  const auto last = last_of_each(batch.messages, readers_);
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    if (readers_[i].ledger().has_growth()) batch.ranges.push_back(readers_[i].hand_over(last[i]));
  }
  batch.first_row_at = schedule_.growing_since();
  batch.way = tuning_.way();
  schedule_.start_over();
  return slots_.take_growing();
}

std::unique_ptr<Batch> Lane::send(std::unique_ptr<Batch> batch) {
  if (dead_letter_watch_.exceeds(batch->messages.size(), batch->rejected.size())) {
    stop_for_dead_letters(std::move(batch));
    return nullptr;
  }
  batch->plan_is_fresh = run_.plan_is_fresh();
  batch->alone_is_no_proof = refused_all_;
  out_since_ = context_.clock.now();
  return slots_.send(std::move(batch));
}

TimePoint Lane::wake_at() const {
  const TimePoint at = run_.wake_at();
  if (slots_.out() || !run_.running()) return at;
  if (awaits_schemas()) return std::min(at, context_.clock.now() + kSchemasLook);
  if (slots_.held() != nullptr) return std::min(at, outage_.retry_at());
  return has_growth() ? std::min(at, schedule_.wake_at()) : at;
}

}  // namespace loom::pipeline
