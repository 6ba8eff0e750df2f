#include "sink/batch_writer.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sink/attempt.h"
#include "sink/copy_context.h"
#include "sink/copy_transaction.h"
#include "sink/dead_letter_step.h"
#include "sink/key_order.h"
#include "sink/lock_holders.h"
#include "sink/marks_text.h"
#include "sink/merge_transaction.h"
#include "sink/privileges.h"
#include "sink/read_again.h"
#include "sink/split_transaction.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

using batch::Outcome;
using batch::OutcomeKind;

constexpr std::string_view kPartitionAdvice =
    "; make a partition for it, or a DEFAULT partition, or set `no_partition: dead_letter` for the topic";

struct Written {
  Outcome outcome;
  /// Instead of the batch's own, if it is stored: the database found more.
  std::optional<std::vector<batch::RejectedMessage>> rejected;
};

// Stale is only worth something together with what the database has; without it the batch is simply sent again.
void read_back(const Job& job, Outcome& outcome) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  const Result rows = job.connection.execute(statements::read_offsets(job.settings, job.batch, literal));
  if (rows.kind() != Result::Kind::tuples || job.connection.lost()) {
    outcome.kind = OutcomeKind::retry;
    return;
  }
  for (int row = 0; row < rows.rows(); ++row) {
    const std::int64_t next_offset = rows.integer(row, 1);
    const std::int64_t epoch = rows.integer(row, 2);
    outcome.stored.push_back({.partition = static_cast<std::int32_t>(rows.integer(row, 0)),
                              .next_offset = next_offset,
                              .epoch = epoch,
                              .marks = marks_in(rows.text(row, 3), epoch, next_offset).value_or(RecordMarks{})});
  }
}

void end_frozen_writers(const Job& job) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  job.connection.execute(statements::end_frozen_writers(job.settings, job.batch, literal));
}

/// A table that is not what the plan says is told by the row description, without a code.
batch::Cause cause_of(const Attempt& attempt, bool connected) {
  // What keeps a batch back without an error, on a connection that lives, is the dead-letter topic.
  const bool of_topic = attempt.failure == OutcomeKind::retry && attempt.error.sqlstate.empty() && connected;
  if (of_topic) return batch::Cause::none;
  const bool differs = attempt.failure != OutcomeKind::retry && attempt.error.sqlstate.empty();
  return differs ? batch::Cause::schema : sink::cause_of(attempt.error);
}

/// Says what the failure means, and does what can be done about it on this connection.
void explain(const Job& job, const Attempt& attempt, Outcome& outcome) {
  outcome.kind = *attempt.failure;
  outcome.cause = cause_of(attempt, !job.connection.lost());
  outcome.sqlstate = attempt.error.sqlstate;
  outcome.message = attempt.error.advice();
  if (!attempt.note.empty()) outcome.message += "; " + attempt.note;
  outcome.in_doubt = attempt.in_doubt;
  outcome.too_large = too_large(attempt.error);
  outcome.wants_company = attempt.wants_company;
  if (outcome.kind == OutcomeKind::stale) read_back(job, outcome);
  if (met_a_lock(attempt.error) && !job.connection.lost()) {
    outcome.message += lock_holder(job);
    end_frozen_writers(job);
  }
  if (lacks_a_privilege(attempt.error) && !job.connection.lost()) outcome.message += missing_privileges(job);
  if (is_missing_partition(attempt.error) && !in_a_function(attempt.error)) outcome.message += kPartitionAdvice;
}

Written write(const Job& job, bool merge) {
  Written written;
  Attempt attempt = merge ? merge_batch(job) : copy_batch(job);
  if (!merge && wants_merge(attempt, job.batch)) {
    merge = true;
    attempt = merge_batch(job);
    if (!attempt.failure) attempt.conflicted = true;  // some servers do not say so
  }
  if (wants_split(attempt, job.batch, merge)) {
    SplitAttempt split = split_batch(job, merge);
    attempt = std::move(split.attempt);
    merge = split.merged;
    if (!attempt.failure || attempt.in_doubt) written.rejected = std::move(split.rejected);
  }
  ask_for_the_catalog(attempt, job.batch, merge);
  written.outcome.merged = merge;
  written.outcome.conflicted = attempt.conflicted;
  written.outcome.timings.commit = attempt.commit;
  if (attempt.failure) explain(job, attempt, written.outcome);
  return written;
}

}  // namespace

Outcome write_batch(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch,
                    Failpoints& failpoints) {
  if (auto why = publish_dead_letters(settings, batch)) return Outcome::not_now(std::move(*why), batch::Cause::none);
  find_waiting(settings, connection, batch);
  const bool merge =
      (batch.prefer_merge && has_upsert_key(*batch.plan)) || always_merges(*batch.plan) || batch.rows.changes_rows();
  if (!merge) order_rows(*batch.plan, batch.rows);
  Written written = write({settings, connection, batch, failpoints}, merge);
  if (written.rejected) {
    (written.outcome.in_doubt ? batch.rejected_if_stored : batch.rejected) = std::move(*written.rejected);
  }
  return std::move(written.outcome);
}

}  // namespace loom::sink
