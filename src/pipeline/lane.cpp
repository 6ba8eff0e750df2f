#include "pipeline/lane.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace loom::pipeline {

namespace {

using batch::Batch;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A fault that is over should not be waited out for long: within five seconds everything goes on.
constexpr seconds kWaitMost{3};

/// Draws differ between topics, so that lanes that failed together do not come back together.
std::uint64_t seed_of(const std::string& topic) { return std::hash<std::string>{}(topic); }

}  // namespace

Lane::Lane(std::string topic, const LaneSettings& settings, const Context& context)
    : topic_(std::move(topic)),
      clock_(context.clock),
      counters_(context.counters),
      topic_counters_(context.counters.of(topic_)),
      memory_(context.memory),
      failpoints_(context.failpoints),
      settings_(settings),
      limits_(settings.limits),
      backoff_(milliseconds(100), kWaitMost, seed_of(topic_)),
      stop_backoff_(seconds(1), kWaitMost, seed_of(topic_)),
      dead_letters_(settings.dead_letter_max_ratio) {
  memory_.join();
}

Lane::~Lane() {
  memory_.change(accounted_, 0);
  memory_.leave();
}

// ---- Plan

void Lane::use_plan(std::shared_ptr<const mapping::TopicPlan> plan) {
  plan_ = std::move(plan);
  builder_.emplace(plan_, topic_, clock_);
  take_limits();
  spare_.reset();
  spare_bytes_ = 0;
  if (held_ != nullptr) encode_again(held_, {});
  if (growing_ != nullptr) encode_again(growing_, {});
  account();
  retry_at_ = clock_.now();
  if (state_ == LaneState::stopped) log::debug({.topic = topic_}, "trying again");
  state_ = LaneState::running;
  reason_.clear();
}

void Lane::plan_failed(const std::string& why) { stop(why); }

void Lane::change_plan(std::shared_ptr<const mapping::TopicPlan> plan) {
  if (plan != plan_) use_plan(std::move(plan));
}

void Lane::use_settings(const LaneSettings& settings) {
  settings_ = settings;
  dead_letters_.limit(settings.dead_letter_max_ratio);
  take_limits();
}

/// The topic's mapping may have its own.
void Lane::take_limits() {
  limits_ = settings_.limits;
  if (plan_ == nullptr) return;
  if (plan_->batch_size) limits_.size = static_cast<std::size_t>(*plan_->batch_size);
  if (plan_->batch_timeout) limits_.timeout = *plan_->batch_timeout;
}

bool Lane::take_plan_request(bool& fresh) {
  if (!plan_wanted_ || clock_.now() < plan_retry_at_) return false;
  plan_wanted_ = false;
  fresh = plan_fresh_;
  return true;
}

void Lane::stop(const std::string& why) {
  state_ = LaneState::stopped;
  reason_ = why;
  plan_wanted_ = plan_fresh_ = true;
  suspect_plan_ = false;
  const Duration wait = stop_backoff_.next();
  plan_retry_at_ = clock_.now() + wait;
  topic_counters_.stops.fetch_add(1, std::memory_order_relaxed);
  if (!trouble_since_) trouble_since_ = clock_.now();
  log::error({.topic = topic_}, "stopped, next try in {} ms: {}",
             std::chrono::duration_cast<milliseconds>(wait).count(), why);
}

void Lane::refuse_plan(const std::string& why) {
  if (suspect_plan_) {
    stop(why);
    return;
  }
  suspect_plan_ = true;
  state_ = LaneState::waiting_for_plan;
  plan_wanted_ = plan_fresh_ = true;
  plan_retry_at_ = clock_.now();
  log::warn({.topic = topic_}, "reading the table's definition again: {}", why);
}

// ---- Partitions

Partition& Lane::add(std::uint64_t id, std::unique_ptr<source::PartitionSource> from, PartitionLedger book) {
  auto partition = std::make_unique<Partition>(id, std::move(from), book);
  const auto at = std::lower_bound(
      partitions_.begin(), partitions_.end(), book.partition(),
      [](const std::unique_ptr<Partition>& have, std::int32_t wanted) { return have->ledger.partition() < wanted; });
  return **partitions_.insert(at, std::move(partition));
}

Partition* Lane::find(std::int32_t partition) {
  for (const auto& have : partitions_) {
    if (have->ledger.partition() == partition) return have.get();
  }
  return nullptr;
}

std::vector<std::unique_ptr<Partition>> Lane::take_settled() {
  std::vector<std::unique_ptr<Partition>> settled;
  for (auto& partition : partitions_) {
    if (partition->leaving && partition->ledger.settled()) settled.push_back(std::move(partition));
  }
  if (!settled.empty()) std::erase(partitions_, nullptr);
  return settled;
}

std::unique_ptr<Partition> Lane::discard(std::int32_t partition) {
  const auto at = std::find_if(partitions_.begin(), partitions_.end(),
                               [&](const auto& have) { return have->ledger.partition() == partition; });
  if (at == partitions_.end()) return nullptr;
  std::unique_ptr<Partition> taken = std::move(*at);
  partitions_.erase(at);
  if (growing_ != nullptr) encode_again(growing_, {partition});
  if (held_ != nullptr) encode_again(held_, {partition});
  account();
  return taken;
}

// ---- Filling

bool Lane::has_growth() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const auto& have) { return have->ledger.has_growth(); });
}

bool Lane::wants_input() const {
  if (state_ != LaneState::running) return false;
  if (growing_ == nullptr) return true;
  const std::size_t rows_max = std::min(limits_.rows_max, rows_most_.value_or(limits_.rows_max));
  return growing_->messages.size() < rows_max && growing_->rows.rows() < rows_max &&
         growing_->rows.bytes() + growing_->message_bytes < limits_.bytes_max && memory_.allows(accounted_);
}

batch::Batch* Lane::full_batch() {
  // A merge takes the rows in an order of its own.
  if (!out_ || merge_left_ > 0 || state_ != LaneState::running) return nullptr;
  return growing_ != nullptr && !wants_input() ? growing_.get() : nullptr;
}

/// Tells the memory budget what this lane holds now.
void Lane::account() {
  std::size_t now = out_bytes_ + spare_bytes_;
  if (growing_ != nullptr) now += growing_->footprint();
  if (held_ != nullptr) now += held_->footprint();
  memory_.change(std::exchange(accounted_, now), now);
}

bool Lane::fill_from(Partition& partition, std::size_t most) {
  const TimePoint began = clock_.now();
  const std::size_t messages = growing_ == nullptr ? 0 : growing_->messages.size();
  const std::size_t bytes = growing_ == nullptr ? 0 : growing_->message_bytes;
  const bool more = take_from(partition, most);
  if (growing_ != nullptr) {
    growing_->decoding += clock_.now() - began;
    topic_counters_.messages.fetch_add(growing_->messages.size() - messages, std::memory_order_relaxed);
    topic_counters_.message_bytes.fetch_add(growing_->message_bytes - bytes, std::memory_order_relaxed);
  }
  account();
  return more;
}

bool Lane::take_from(Partition& partition, std::size_t most) {
  for (std::size_t taken = 0; taken < most; ++taken) {
    if (partition.leaving || partition.restart_at) return false;
    if (!wants_input()) return true;
    if (!prepare_seek(partition)) return true;
    source::Taken next = partition.source->take();
    if (auto* message = std::get_if<Message>(&next)) {
      take_message(partition, std::move(*message));
    } else if (const auto* end = std::get_if<source::EndOfPartition>(&next)) {
      reach_end(partition, end->position);
    } else if (const auto* range = std::get_if<source::OffsetOutOfRange>(&next)) {
      out_of_range(partition, range->message);
    } else {
      return false;
    }
  }
  return true;
}

void Lane::take_message(Partition& partition, Message message) {
  if (partition.inspecting) {
    inspected(partition, message);
    return;
  }
  if (!believes(partition, message.offset, message.timestamp_ms)) return;
  partition.ledger.take(message.offset, message.timestamp_ms);
  partition.beyond_end = 0;
  failpoints_.reach(Failpoint::polled);
  note_growth();
  if (growing_ == nullptr) growing_ = new_batch();
  append(*growing_, std::move(message));
}

void Lane::note_growth() {
  if (!growing_since_) growing_since_ = clock_.now();
}

std::unique_ptr<Batch> Lane::new_batch() {
  auto batch = spare_ != nullptr ? std::move(spare_) : std::make_unique<Batch>();
  spare_bytes_ = 0;
  batch->topic = topic_;
  batch->plan = plan_;
  batch->decoding = {};
  return batch;
}

void Lane::append(Batch& to, Message message) {
  const auto index = static_cast<std::uint32_t>(to.messages.size());
  to.message_bytes += message.value.size() + message.key.size();
  if (auto reject = builder_->append(message, index, to.rows)) {
    to.rejected.push_back({.message = index, .reject = std::move(*reject)});
  }
  to.messages.push_back(std::move(message));
}

// ---- Writing

bool Lane::due(TimePoint now, bool input_waiting) {
  const bool full = !wants_input();
  const bool ripe = growing_ != nullptr && growing_->messages.size() >= limits_.size;
  if (!flush_ && !full && !ripe && now < *growing_since_ + limits_.timeout) return false;
  if (flush_ || full || !input_waiting) return true;
  if (!due_since_) due_since_ = now;  // larger COPYs are faster, and what is waiting costs nobody any time
  return now >= *due_since_ + limits_.fill_time;
}

std::unique_ptr<Batch> Lane::hand_over(bool input_waiting) {
  if (out_ || state_ != LaneState::running) return nullptr;
  const TimePoint now = clock_.now();
  if (held_ != nullptr) {
    if (now < retry_at_) return nullptr;
    if (const auto gone = disowned(*held_); !gone.empty()) encode_again(held_, gone);
    if (held_ != nullptr) return send(std::move(held_));
  }
  if (!has_growth()) {
    flush_ = false;
    growing_since_.reset();
    if (memory_.scarce()) {  // others can use it, and an idle lane need not keep it warm
      spare_.reset();
      spare_bytes_ = 0;
      account();
    }
    return nullptr;
  }
  note_growth();
  if (!due(now, input_waiting)) return nullptr;
  auto batch = growing_ != nullptr ? std::move(growing_) : new_batch();
  for (const auto& partition : partitions_) {
    if (!partition->ledger.has_growth()) continue;
    batch->ranges.push_back(partition->ledger.growth());
    partition->ledger.hand_over();
  }
  batch->first_row_at = *growing_since_;
  batch->prefer_merge = merge_left_ > 0;
  growing_since_.reset();
  due_since_.reset();
  flush_ = false;
  return send(std::move(batch));
}

std::unique_ptr<Batch> Lane::send(std::unique_ptr<Batch> batch) {
  if (dead_letters_.exceeds(batch->messages.size(), batch->rejected.size())) {
    stop_for_dead_letters(std::move(batch));
    return nullptr;
  }
  out_ = true;
  out_bytes_ = batch->footprint();
  return batch;
}

TimePoint Lane::wake_at() const {
  TimePoint at = TimePoint::max();
  if (plan_wanted_) at = std::min(at, plan_retry_at_);
  if (out_ || state_ != LaneState::running) return at;
  if (held_ != nullptr) return std::min(at, retry_at_);
  if (!has_growth()) return at;
  if (flush_) return clock_.now();
  if (growing_since_) at = std::min(at, *growing_since_ + limits_.timeout);
  if (due_since_) at = std::min(at, *due_since_ + limits_.fill_time);
  return at;
}

}  // namespace loom::pipeline
