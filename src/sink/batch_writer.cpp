#include "sink/batch_writer.h"

#include <utility>

#include "sink/attempt.h"
#include "sink/copy_transaction.h"
#include "sink/dead_letter_step.h"
#include "sink/key_order.h"
#include "sink/merge_transaction.h"
#include "sink/privileges.h"
#include "sink/split_transaction.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

using batch::Outcome;
using batch::OutcomeKind;

bool wants_split(const Attempt& attempt, bool merged) {
  if (!attempt.failure) return false;
  return *attempt.failure == Verdict::row_fault || *attempt.failure == Verdict::duplicate_key ||
         (merged && attempt.error.sqlstate == "21000");
}

Outcome not_now(std::string message) {
  Outcome outcome;
  outcome.kind = OutcomeKind::retry;
  outcome.message = std::move(message);
  return outcome;
}

// Stale is only worth something together with what the database has; without it the batch is simply sent again.
void read_back(const Job& job, Outcome& outcome) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  const Result rows = job.connection.execute(statements::read_offsets(job.settings, job.batch, literal));
  if (rows.kind() != Result::Kind::tuples || job.connection.lost()) {
    outcome.kind = OutcomeKind::retry;
    return;
  }
  for (int row = 0; row < rows.rows(); ++row) {
    outcome.stored.push_back(
        {static_cast<std::int32_t>(rows.integer(row, 0)), rows.integer(row, 1), rows.integer(row, 2)});
  }
}

void end_frozen_writers(const Job& job) {
  const auto literal = [&](std::string_view text) { return job.connection.literal(text); };
  job.connection.execute(statements::end_frozen_writers(job.settings, job.batch, literal));
}

}  // namespace

Outcome write_batch(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch,
                    Failpoints& failpoints) {
  const Job job{settings, connection, batch, failpoints};
  bool merged = batch.prefer_merge && has_upsert_key(*batch.plan);
  if (auto waiting = publish_dead_letters(job, batch.rejected)) return not_now(std::move(waiting->error.message));
  if (!merged) order_rows(*batch.plan, batch.rows);
  Attempt attempt = merged ? merge_batch(job) : copy_batch(job);
  if (!merged && attempt.failure == Verdict::duplicate_key && on_upsert_key(*batch.plan, attempt.error)) {
    merged = true;
    attempt = merge_batch(job);
  }
  if (wants_split(attempt, merged)) {
    SplitAttempt split = split_batch(job, merged);
    attempt = std::move(split.attempt);
    merged = split.merged;
    if (!attempt.failure) batch.rejected = std::move(split.rejected);
  }

  Outcome outcome;
  outcome.merged = merged;
  outcome.conflicted = attempt.conflicted;
  outcome.timings.commit = attempt.commit;
  if (!attempt.failure) return outcome;
  outcome.kind = outcome_of(*attempt.failure);
  outcome.sqlstate = attempt.error.sqlstate;
  outcome.message = attempt.error.text();
  if (outcome.kind == OutcomeKind::stale) read_back(job, outcome);
  if (outcome.sqlstate == "55P03" && !connection.lost()) end_frozen_writers(job);
  if (outcome.sqlstate == "42501" && !connection.lost()) outcome.message += missing_privileges(job);
  return outcome;
}

}  // namespace loom::sink
