// What becomes of batches that were sent: the second half of Lane.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "decode/trace_id.h"
#include "pipeline/batch_tally.h"
#include "pipeline/lane.h"

namespace loom::pipeline {

namespace {

using batch::Batch;
using batch::OutcomeKind;
using std::chrono::milliseconds;

constexpr int kTimeoutsMost = 3;
constexpr int kMergeStreakFirst = 8;
constexpr int kMergeStreakMost = 256;

bool contains(const std::vector<std::int32_t>& partitions, std::int32_t partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

}  // namespace

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
  // The plan was changed while it was out: what goes again goes by the new one.
  if (held_ != nullptr && held_->plan != plan_) encode_again(held_, {});
}

void Lane::settle(batch::WriteReply reply) {
  out_ = false;
  out_bytes_ = 0;
  act_on(std::move(reply));
  account();
}

void Lane::act_on(batch::WriteReply reply) {
  const batch::Outcome& outcome = reply.outcome;
  switch (outcome.kind) {
    case OutcomeKind::committed:
      settle_committed(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::stale:
      settle_stale(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::retry: {
      timeouts_ = outcome.timed_out ? timeouts_ + 1 : 0;
      if (timeouts_ > (rows_most_ ? 0 : kTimeoutsMost)) {
        shrink(std::move(reply.batch), outcome);
        return;
      }
      topic_counters_.retried_batches.fetch_add(1, std::memory_order_relaxed);
      counters_.count_retry(outcome.sqlstate);
      const Duration wait = backoff_.next();
      if (!trouble_since_) trouble_since_ = clock_.now();
      log::warn({.topic = topic_, .batch = reply.batch->messages.size(), .reason = outcome.sqlstate},
                "batch of {} messages not stored ({}), again in {} ms: {}", reply.batch->messages.size(),
                to_string(outcome), std::chrono::duration_cast<milliseconds>(wait).count(), outcome.why());
      hold(std::move(reply.batch), wait);
      return;
    }
    case OutcomeKind::catalog_changed:
      hold(std::move(reply.batch), Duration::zero());
      refuse_plan(outcome.why());
      return;
    case OutcomeKind::stop_topic:
      hold(std::move(reply.batch), Duration::zero());
      stop(outcome.why());
      return;
  }
}

/// Our own statement timeout, again and again: half as much at a time may fit into it. The messages are fetched anew,
/// since a batch cannot be divided once its offsets are promised as a whole.
void Lane::shrink(std::unique_ptr<Batch> batch, const batch::Outcome& outcome) {
  const std::size_t messages = batch->messages.size();
  if (messages <= 1) {
    hold(std::move(batch), Duration::zero());
    stop(outcome.why());
    return;
  }
  rows_most_ = messages / 2;
  timeouts_ = 0;
  log::warn({.topic = topic_, .batch = messages, .reason = outcome.sqlstate},
            "{} messages did not fit into the statement timeout; at most {} at a time now", messages, *rows_most_);
  const std::vector<std::int32_t> gone = disowned(*batch);
  std::vector<std::int32_t> again;
  for (const auto& range : batch->ranges) {
    if (contains(gone, range.partition)) continue;
    Partition* partition = find(range.partition);
    partition->ledger.rewind(range.from, range.epoch);
    partition->seek_to = range.from;
    again.push_back(range.partition);
  }
  if (growing_ != nullptr) encode_again(growing_, again);
}

void Lane::stop_for_dead_letters(std::unique_ptr<Batch> batch) {
  const std::size_t messages = batch->messages.size();
  std::string example;
  if (!batch->rejected.empty()) example = ": " + batch->rejected.front().reject.message;
  const std::size_t bad = batch->rejected.size();
  hold(std::move(batch), Duration::zero());
  dead_letters_.start_over();
  stop(fmt::format("too many of its recent messages are bad ({} of the {} in hand; LOOM_DEAD_LETTER_MAX_RATIO={}){}",
                   bad, messages, settings_.dead_letter_max_ratio, example));
}

void Lane::settle_committed(std::unique_ptr<Batch> batch, const batch::Outcome& outcome) {
  for (const auto& range : batch->ranges) {
    if (Partition* partition = find(range.partition)) partition->ledger.commit(range);
  }
  backoff_.reset();
  stop_backoff_.reset();
  timeouts_ = 0;
  if (rows_most_) {
    *rows_most_ *= 2;
    if (*rows_most_ >= limits_.rows_max) rows_most_.reset();
  }
  suspect_plan_ = false;
  dead_letters_.count(batch->messages.size(), batch->rejected.size());
  if (outcome.conflicted) {
    merge_left_ = merge_streak_;
    merge_streak_ = std::min(merge_streak_ * 2, kMergeStreakMost);
  } else if (merge_left_ > 0) {
    --merge_left_;
  } else {
    merge_streak_ = kMergeStreakFirst;
  }
  count_committed(counters_, topic_counters_, *batch, outcome, clock_.wall_us());
  tell_dead_letters(*batch);
  tell_recovery();
  const std::size_t kept = batch->rows.bytes();
  batch->messages.clear();
  batch->rows.clear();
  batch->rejected.clear();
  batch->ranges.clear();
  batch->message_bytes = 0;
  if (batch->plan != plan_ || memory_.scarce()) return;
  spare_ = std::move(batch);
  spare_bytes_ = kept;
}

/// After an outage that somebody may have heard of, and not after each batch that went through at the second try.
void Lane::tell_recovery() {
  constexpr std::chrono::seconds kWorthALine{1};
  if (!trouble_since_) return;
  const Duration lasted = clock_.now() - *trouble_since_;
  trouble_since_.reset();
  if (lasted < kWorthALine) return;
  log::info({.topic = topic_}, "stores again, after {} s",
            std::chrono::duration_cast<std::chrono::seconds>(lasted).count());
}

/// One line a batch, with the first as an example.
void Lane::tell_dead_letters(const Batch& batch) const {
  if (batch.rejected.empty()) return;
  const auto& [index, reject, in_topic] = batch.rejected.front();
  const Message& message = batch.messages[index];
  const std::string trace = trace_id_of(message);
  log::warn({.topic = topic_,
             .partition = message.partition,
             .offset = message.offset,
             .batch = batch.messages.size(),
             .reason = to_string(reject.reason),
             .trace_id = trace},
            "{} of {} messages became dead letters; this one: {}", batch.rejected.size(), batch.messages.size(),
            reject.message);
}

void Lane::settle_stale(std::unique_ptr<Batch> batch, const batch::Outcome& outcome) {
  topic_counters_.stale_batches.fetch_add(1, std::memory_order_relaxed);
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
  account();
}

void Lane::go_back(Partition& partition, const batch::StoredOffset& to) {
  log::warn({.topic = topic_, .partition = to.partition},
            "the database stands at offset {} (epoch {}), not at {}: going on from there", to.next_offset, to.epoch,
            partition.ledger.stored());
  partition.ledger.rewind(to.next_offset, to.epoch);
  partition.seek_to = to.next_offset;
  partition.restart_at.reset();
  partition.inspecting = false;
}

void Lane::stop_without_row(const std::string& partitions) {
  stop("the rows of kafka_consumer_offsets are gone for partitions" + partitions +
       " although this process stored offsets there: restore them, or use `offsets reset`");
}

}  // namespace loom::pipeline
