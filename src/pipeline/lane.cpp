#include "pipeline/lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace loom::pipeline {

namespace {

using batch::Batch;
using batch::OutcomeKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTimeoutsMost = 3;
constexpr int kMergeStreakFirst = 8;
constexpr int kMergeStreakMost = 256;

bool contains(const std::vector<std::int32_t>& partitions, std::int32_t partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

/// Draws differ between topics, so that lanes that failed together do not come back together.
std::uint64_t seed_of(const std::string& topic) { return std::hash<std::string>{}(topic); }

}  // namespace

Lane::Lane(std::string topic, const BatchLimits& limits, const Clock& clock, Counters& counters)
    : topic_(std::move(topic)),
      base_limits_(limits),
      clock_(clock),
      counters_(counters),
      limits_(limits),
      backoff_(milliseconds(100), seconds(5), seed_of(topic_)),
      stop_backoff_(seconds(1), seconds(5), seed_of(topic_)) {}

// ---- Plan

void Lane::use_plan(std::shared_ptr<const mapping::TopicPlan> plan) {
  plan_ = std::move(plan);
  builder_.emplace(plan_, topic_, clock_);
  limits_ = base_limits_;
  if (plan_->batch_size) limits_.size = static_cast<std::size_t>(*plan_->batch_size);
  if (plan_->batch_timeout) limits_.timeout = *plan_->batch_timeout;
  spare_.reset();
  if (held_ != nullptr) encode_again(held_, {});
  if (growing_ != nullptr) encode_again(growing_, {});
  retry_at_ = clock_.now();
  if (state_ == LaneState::stopped) spdlog::info("topic {}: trying again", topic_);
  state_ = LaneState::running;
  reason_.clear();
}

void Lane::plan_failed(const std::string& why) { stop(why); }

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
  counters_.stopped_topics.fetch_add(1, std::memory_order_relaxed);
  spdlog::error("topic {}: stopped, next try in {} ms: {}", topic_,
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
  spdlog::warn("topic {}: reading the table's definition again: {}", topic_, why);
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
  return taken;
}

// ---- Filling

bool Lane::has_growth() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const auto& have) { return have->ledger.has_growth(); });
}

bool Lane::wants_input() const {
  if (state_ != LaneState::running) return false;
  return growing_ == nullptr ||
         (growing_->messages.size() < limits_.rows_max && growing_->rows.rows() < limits_.rows_max &&
          growing_->rows.bytes() + growing_->message_bytes < limits_.bytes_max);
}

bool Lane::fill_from(Partition& partition, std::size_t most) {
  for (std::size_t taken = 0; taken < most; ++taken) {
    if (partition.leaving) return false;
    if (!wants_input()) return true;
    if (partition.seek_to) {
      if (!partition.source->seek(*partition.seek_to)) return true;
      partition.ledger.repositioned();
      partition.seek_to.reset();
    }
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

/// Whether what stands at `offset` follows what was taken. A gap right after the position was set is fetched twice.
bool Lane::believes(Partition& partition, std::int64_t offset) {
  switch (partition.ledger.judge(offset)) {
    case Verdict::take:
      return true;
    case Verdict::skip:
      counters_.outdated_messages.fetch_add(1, std::memory_order_relaxed);
      return false;
    case Verdict::verify:
      counters_.gaps_verified.fetch_add(1, std::memory_order_relaxed);
      partition.seek_to = partition.ledger.next();
      return false;
  }
  return false;
}

void Lane::take_message(Partition& partition, Message message) {
  if (!believes(partition, message.offset)) return;
  partition.ledger.take(message.offset, message.timestamp_ms);
  note_growth();
  if (growing_ == nullptr) growing_ = new_batch();
  append(*growing_, std::move(message));
  counters_.messages.fetch_add(1, std::memory_order_relaxed);
}

void Lane::reach_end(Partition& partition, std::int64_t position) {
  if (position <= partition.ledger.next() || !believes(partition, position)) return;
  partition.ledger.advance_to(position);  // control records and aborted ones: nothing to store, but no lag either
  note_growth();
}

void Lane::out_of_range(Partition& partition, const std::string& message) {
  const std::int64_t wanted = partition.ledger.next();
  const auto marks = partition.source->watermarks();
  if (!marks || (wanted >= marks->low && wanted <= marks->high)) {
    partition.seek_to = wanted;
    return;
  }
  if (wanted > marks->high) {
    partition.seek_to = wanted;
    stop(fmt::format("partition {}: the stored offset {} is after the log's end {}: was the topic made again? ({})",
                     partition.ledger.partition(), wanted, marks->high, message));
    return;
  }
  const std::int64_t lost = marks->low - wanted;
  counters_.lost_to_retention.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
  spdlog::error(
      "topic {} partition {}: {} messages (offsets {} to {}) were removed by retention before they were stored", topic_,
      partition.ledger.partition(), lost, wanted, marks->low - 1);
  partition.ledger.advance_to(marks->low);
  partition.seek_to = marks->low;
  note_growth();
}

void Lane::note_growth() {
  if (!growing_since_) growing_since_ = clock_.now();
}

std::unique_ptr<Batch> Lane::new_batch() {
  auto batch = spare_ != nullptr ? std::move(spare_) : std::make_unique<Batch>();
  batch->topic = topic_;
  batch->plan = plan_;
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

/// The batch's messages through the present plan, those of `without` left out; null when nothing is left.
void Lane::encode_again(std::unique_ptr<Batch>& batch, const std::vector<std::int32_t>& without) {
  const std::unique_ptr<Batch> old = std::exchange(batch, nullptr);
  auto fresh = std::make_unique<Batch>();
  fresh->topic = topic_;
  fresh->plan = plan_;
  for (const auto& range : old->ranges) {
    if (!contains(without, range.partition)) fresh->ranges.push_back(range);
  }
  for (auto& message : old->messages) {
    if (!contains(without, message.partition)) append(*fresh, std::move(message));
  }
  if (!fresh->ranges.empty() || !fresh->messages.empty()) batch = std::move(fresh);
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
    if (held_ != nullptr) {
      out_ = true;
      return std::move(held_);
    }
  }
  if (!has_growth()) {
    flush_ = false;
    growing_since_.reset();
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
  out_ = true;
  return batch;
}

std::vector<std::int32_t> Lane::disowned(const Batch& batch) const {
  std::vector<std::int32_t> gone;
  for (const auto& range : batch.ranges) {
    const bool ours = std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& have) {
      return have->ledger.partition() == range.partition && have->ledger.in_flight() &&
             have->ledger.stored() == range.from && have->ledger.handed() == range.to;
    });
    if (!ours) gone.push_back(range.partition);
  }
  return gone;
}

void Lane::hold(std::unique_ptr<Batch> batch, Duration wait) {
  held_ = std::move(batch);
  retry_at_ = clock_.now() + wait;
}

void Lane::settle(batch::WriteReply reply) {
  out_ = false;
  const batch::Outcome& outcome = reply.outcome;
  switch (outcome.kind) {
    case OutcomeKind::committed:
      settle_committed(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::stale:
      settle_stale(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::retry:
    case OutcomeKind::in_doubt: {
      // Our own statement timeout, again and again: the table is not in a state to take this batch.
      timeouts_ = outcome.sqlstate == "57014" ? timeouts_ + 1 : 0;
      if (timeouts_ > kTimeoutsMost) {
        hold(std::move(reply.batch), Duration::zero());
        stop(outcome.sqlstate + " " + outcome.message);
        return;
      }
      counters_.retried_batches.fetch_add(1, std::memory_order_relaxed);
      const Duration wait = backoff_.next();
      spdlog::warn("topic {}: batch of {} messages not stored ({}), again in {} ms: {} {}", topic_,
                   reply.batch->messages.size(), to_string(outcome.kind),
                   std::chrono::duration_cast<milliseconds>(wait).count(), outcome.sqlstate, outcome.message);
      hold(std::move(reply.batch), wait);
      return;
    }
    case OutcomeKind::catalog_changed:
      hold(std::move(reply.batch), Duration::zero());
      refuse_plan(outcome.sqlstate + " " + outcome.message);
      return;
    case OutcomeKind::stop_topic:
      hold(std::move(reply.batch), Duration::zero());
      stop(outcome.sqlstate + " " + outcome.message);
      return;
  }
}

void Lane::settle_committed(std::unique_ptr<Batch> batch, const batch::Outcome& outcome) {
  for (const auto& range : batch->ranges) {
    if (Partition* partition = find(range.partition)) partition->ledger.commit(range);
  }
  backoff_.reset();
  stop_backoff_.reset();
  timeouts_ = 0;
  suspect_plan_ = false;
  if (outcome.conflicted) {
    merge_left_ = merge_streak_;
    merge_streak_ = std::min(merge_streak_ * 2, kMergeStreakMost);
  } else if (merge_left_ > 0) {
    --merge_left_;
  } else {
    merge_streak_ = kMergeStreakFirst;
  }
  counters_.batches.fetch_add(1, std::memory_order_relaxed);
  counters_.rows.fetch_add(batch->rows.rows(), std::memory_order_relaxed);
  if (outcome.merged) counters_.merged_batches.fetch_add(1, std::memory_order_relaxed);
  for (const auto& rejected : batch->rejected) {
    counters_.dead_letters[static_cast<std::size_t>(rejected.reject.reason)].fetch_add(1, std::memory_order_relaxed);
  }
  batch->messages.clear();
  batch->rows.clear();
  batch->rejected.clear();
  batch->ranges.clear();
  batch->message_bytes = 0;
  if (batch->plan == plan_) spare_ = std::move(batch);
}

void Lane::settle_stale(std::unique_ptr<Batch> batch, const batch::Outcome& outcome) {
  counters_.stale_batches.fetch_add(1, std::memory_order_relaxed);
  std::vector<std::int32_t> leave_held = disowned(*batch);
  std::vector<std::int32_t> leave_growing;
  std::string vanished;
  for (const auto& range : batch->ranges) {
    if (contains(leave_held, range.partition)) continue;
    Partition& partition = *find(range.partition);
    const auto at = std::find_if(outcome.stored.begin(), outcome.stored.end(),
                                 [&](const batch::StoredOffset& row) { return row.partition == range.partition; });
    if (at == outcome.stored.end()) {
      vanished += fmt::format(" {}", range.partition);
      continue;
    }
    switch (compare(range, *at)) {
      case Standing::not_committed:
        break;
      case Standing::committed:
        partition.ledger.commit(range);
        leave_held.push_back(range.partition);
        break;
      case Standing::stale:
        go_back(partition, *at);
        leave_held.push_back(range.partition);
        leave_growing.push_back(range.partition);
        break;
    }
  }
  if (!leave_growing.empty() && growing_ != nullptr) encode_again(growing_, leave_growing);
  if (!leave_held.empty()) encode_again(batch, leave_held);
  if (batch != nullptr) hold(std::move(batch), backoff_.next());
  if (!vanished.empty()) stop_without_row(vanished);
}

void Lane::audit(std::int32_t partition, std::int64_t believed, const std::optional<batch::StoredOffset>& found) {
  Partition* audited = find(partition);
  if (audited == nullptr || audited->ledger.in_flight() || audited->ledger.stored() != believed) return;
  if (!found) {
    stop_without_row(fmt::format(" {}", partition));
    return;
  }
  if (found->next_offset == believed && found->epoch == audited->ledger.epoch()) return;
  go_back(*audited, *found);
  if (growing_ != nullptr) encode_again(growing_, {partition});
}

void Lane::go_back(Partition& partition, const batch::StoredOffset& to) {
  spdlog::warn("topic {} partition {}: the database stands at offset {} (epoch {}), not at {}: going on from there",
               topic_, to.partition, to.next_offset, to.epoch, partition.ledger.stored());
  partition.ledger.rewind(to.next_offset, to.epoch);
  partition.seek_to = to.next_offset;
}

void Lane::stop_without_row(const std::string& partitions) {
  stop("the rows of kafka_consumer_offsets are gone for partitions" + partitions +
       " although this process stored offsets there: restore them, or use `offsets reset`");
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
