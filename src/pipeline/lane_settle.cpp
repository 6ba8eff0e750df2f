// What becomes of batches that were sent: the second half of Lane.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/plural.h"
#include "pipeline/lane.h"

namespace loom::pipeline {

namespace {

using batch::Batch;
using batch::Outcome;
using batch::OutcomeKind;

bool contains(const std::vector<std::int32_t>& partitions, std::int32_t partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

const batch::StoredOffset* row_of(const Outcome& outcome, std::int32_t partition) {
  const auto at = std::find_if(outcome.stored.begin(), outcome.stored.end(),
                               [&](const batch::StoredOffset& row) { return row.partition == partition; });
  return at == outcome.stored.end() ? nullptr : &*at;
}

/// By the database: what the mapping refuses says nothing of the table.
bool is_all_refused(const Batch& batch) {
  return batch.rejected.size() == batch.messages.size() &&
         std::all_of(batch.rejected.begin(), batch.rejected.end(),
                     [](const batch::RejectedMessage& one) { return !one.reject.sqlstate.empty(); });
}

}  // namespace

void Lane::settle(batch::WriteReply reply) {
  slots_.answered();
  out_since_.reset();
  if (reply.outcome.kind != OutcomeKind::committed && reply.outcome.kind != OutcomeKind::stale) {
    note_failure(reply.outcome);
  }
  act_on(std::move(reply));
  slots_.account();
}

void Lane::act_on(batch::WriteReply reply) {
  const Outcome& outcome = reply.outcome;
  switch (outcome.kind) {
    case OutcomeKind::committed:
      settle_committed(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::stale:
      settle_stale(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::retry:
      try_again(std::move(reply.batch), outcome);
      return;
    case OutcomeKind::catalog_changed:
      hold(std::move(reply.batch));
      refuse_plan(outcome.why());
      return;
    case OutcomeKind::stop_topic:
      if (outcome.wants_company) {
        tuning_.make_room_for_company();
        fetch_again(*reply.batch);  // together with what came after it
        stop(outcome.why(), true);
        return;
      }
      hold_and_stop(std::move(reply.batch), outcome.why());
      return;
  }
}

// ---- Not stored

void Lane::note_failure(const Outcome& outcome) {
  const bool known = outcome.cause != batch::Cause::none;
  context_.counters.count_retry(known ? outcome.cause : batch::Cause::other, outcome.sqlstate);
  trouble_.note(outcome.cause, outcome.why());
}

/// The same batch goes again, at once when nothing else is said.
void Lane::hold(std::unique_ptr<Batch> batch) {
  outage_.retry_at_once();
  // The plan was changed while it was out: what goes again goes by the new one.
  if (batch->plan != encoder_.plan()) batch = encoder_.again(std::move(batch));
  slots_.hold(std::move(batch));
}

void Lane::hold_and_stop(std::unique_ptr<Batch> batch, const std::string& why) {
  hold(std::move(batch));
  stop(why, true);
}

void Lane::try_again(std::unique_ptr<Batch> batch, const Outcome& outcome) {
  tuning_.note_failure(outcome.too_large);
  if (tuning_.wants_less()) {
    if (batch->messages.size() > 1) {
      fetch_less(*batch, outcome);
    } else {
      hold_and_stop(std::move(batch), outcome.why());
    }
    return;
  }
  topic_counters_.retried_batches.fetch_add(1, std::memory_order_relaxed);
  const std::size_t messages = batch->messages.size();
  hold(std::move(batch));
  const Duration wait = outage_.back_off();
  outage_.note();
  log::warn({.topic = topic_, .batch = messages, .reason = outcome.sqlstate},
            "batch of {} not stored ({}), again in {} ms: {}", plural(messages, "message"), to_string(outcome),
            std::chrono::duration_cast<std::chrono::milliseconds>(wait).count(), outcome.why());
}

/// It is more than fits into one transaction: half as much at a time may.
void Lane::fetch_less(const Batch& batch, const Outcome& outcome) {
  const std::size_t messages = batch.messages.size();
  tuning_.shrink_to(messages / 2);
  log::warn({.topic = topic_, .batch = messages, .reason = outcome.sqlstate},
            "{} messages are too many for one transaction, at most {} at a time now: {}", messages, messages / 2,
            outcome.why());
  fetch_again(batch);
}

/// The batch's messages are read anew, since it cannot be divided or added to once its offsets are promised as a whole.
void Lane::fetch_again(const Batch& batch) {
  const Partitions gone = disowned(batch);
  Partitions again;
  for (const auto& range : batch.ranges) {
    if (contains(gone, range.partition)) continue;
    reader(range.partition)->take_again(range);
    again.push_back(range.partition);
  }
  drop_from_growing(again);
}

void Lane::refuse_plan(const std::string& why) {
  if (!run_.refuse_plan()) {
    stop(why, true);
    return;
  }
  log::warn({.topic = topic_}, "reading the table's definition again: {}", why);
}

void Lane::stop_for_dead_letters(std::unique_ptr<Batch> batch) {
  const std::size_t messages = batch->messages.size();
  const std::size_t bad = batch->rejected.size();
  const std::string example = batch->rejected.empty() ? "" : ": " + batch->rejected.front().reject.message;
  dead_letter_watch_.start_over();
  hold_and_stop(std::move(batch), fmt::format("too many of its recent messages are bad ({} of the {} in hand; "
                                              "LOOM_DEAD_LETTER_MAX_RATIO={}){}",
                                              bad, messages, settings_.dead_letter_max_ratio, example));
}

void Lane::stop_without_row(const std::string& partitions) {
  stop("the rows of kafka_consumer_offsets are gone for partitions" + partitions +
           " although this process stored offsets there: restore them, or use `offsets reset`",
       false);
}

// ---- Stored

void Lane::settle_committed(std::unique_ptr<Batch> batch, const Outcome& outcome) {
  for (const auto& range : batch->ranges) {
    if (PartitionReader* const owner = reader(range.partition)) owner->mark_stored(range);
  }
  run_.note_stored();
  trouble_.end();
  if (!batch->messages.empty()) refused_all_ = is_all_refused(*batch);
  tuning_.note_stored(outcome.repeats, schedule_.limits().rows_max);
  note_stored(StoredPart(*batch), &outcome);
  if (batch->plan == encoder_.plan()) slots_.put_aside(std::move(batch));
}

/// Counts and tells what is stored, once. `outcome`: of the attempt that stored it, if it was heard.
void Lane::note_stored(const StoredPart& part, const Outcome* outcome) {
  dead_letter_watch_.count(part.messages(), part.rejected().size());
  count_stored(context_.counters, topic_counters_, part, outcome, context_.clock.wall_us());
  tell_dead_letters(topic_counters_, part);
  if (const auto lasted = outage_.end()) tell_recovery(topic_, *lasted);
}

// ---- Refused by the compare

/// The partitions of a batch that came back whose range is not the one in flight here any more.
Lane::Partitions Lane::disowned(const Batch& batch) const {
  Partitions gone;
  for (const auto& range : batch.ranges) {
    const PartitionReader* const owner = find(range.partition);
    if (owner == nullptr || !owner->ledger().owns(range)) gone.push_back(range.partition);
  }
  return gone;
}

void Lane::settle_stale(std::unique_ptr<Batch> batch, const Outcome& outcome) {
  topic_counters_.stale_batches.fetch_add(1, std::memory_order_relaxed);
  Partitions leave = disowned(*batch);
  Partitions committed;
  Partitions stale;
  std::string vanished;
  for (const auto& range : batch->ranges) {
    if (contains(leave, range.partition)) continue;
    const batch::StoredOffset* const row = row_of(outcome, range.partition);
    if (row == nullptr) {
      vanished += fmt::format(" {}", range.partition);
      continue;
    }
    switch (compare(range, *row)) {
      case Standing::not_committed:
        break;
      case Standing::committed:
        reader(range.partition)->mark_stored(range);
        committed.push_back(range.partition);
        break;
      case Standing::stale:
        reader(range.partition)->go_back(*row);
        stale.push_back(range.partition);
        break;
    }
  }
  // An earlier attempt had stored it, and its answer was lost.
  if (!committed.empty()) {
    run_.note_stored();
    trouble_.end();
    note_stored(StoredPart(*batch, committed), nullptr);
  }
  if (!stale.empty()) drop_from_growing(stale);
  leave.insert(leave.end(), committed.begin(), committed.end());
  leave.insert(leave.end(), stale.begin(), stale.end());
  if (!leave.empty()) batch = encoder_.again(std::move(batch), leave);
  if (batch != nullptr) {
    hold(std::move(batch));
    outage_.back_off();
  }
  forget_trouble_if_idle();
  go_on_if_decided();
  if (!vanished.empty()) stop_without_row(vanished);
}

void Lane::audit(std::int32_t partition, std::int64_t believed, const std::optional<batch::StoredOffset>& found) {
  PartitionReader* const audited = reader(partition);
  if (audited == nullptr) return;
  const PartitionLedger& ledger = audited->ledger();
  if (ledger.in_flight() || ledger.stored() != believed) return;
  if (!found) {
    stop_without_row(fmt::format(" {}", partition));
    return;
  }
  if (found->next_offset == believed && found->epoch == ledger.epoch()) {
    // Another replica found it out, and a crash of the database had taken it back here.
    if (!found->decision.empty()) audited->await_decision(found->decision);
  } else {
    audited->go_back(*found);
    drop_from_growing({partition});
    forget_trouble_if_idle();
  }
  if (audited->needs_decision()) await_decision(audited->decision());
  go_on_if_decided();
}

}  // namespace loom::pipeline
