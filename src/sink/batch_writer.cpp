#include "sink/batch_writer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sink/attempt.h"
#include "sink/batch_transaction.h"
#include "sink/copy_context.h"
#include "sink/dead_letter_step.h"
#include "sink/key_order.h"
#include "sink/lock_holders.h"
#include "sink/marks_text.h"
#include "sink/present_keys.h"
#include "sink/privileges.h"
#include "sink/read_again.h"
#include "sink/split_transaction.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

using batch::Batch;
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

/// From this share of its rows on a batch goes through the merge as a whole.
constexpr std::size_t kManyOf = 2;

/// Under `ignore` those that were found need nothing more, however many they are.
bool only_ignores(const mapping::TopicPlan& plan) {
  return std::all_of(plan.tables.begin(), plan.tables.end(), [](const mapping::TablePlan& table) {
    return table.conflict_strategy == mapping::ConflictStrategy::ignore;
  });
}

batch::Repeats repeats_of(const Met& met, const mapping::TopicPlan& plan) {
  if (met.found == 0) return batch::Repeats::none;
  if (only_ignores(plan)) return batch::Repeats::few;
  return met.found * kManyOf >= met.rows ? batch::Repeats::many : batch::Repeats::few;
}

/// One batch on its way through the ways.
class Writing {
 public:
  Writing(const DatabaseSettings& settings, Connection& connection, Batch& batch, Failpoints& failpoints,
          KeyMemory& memory)
      : settings_(settings), connection_(connection), batch_(batch), failpoints_(failpoints), memory_(memory) {}

  Written run() {
    const bool only_merge = always_merges(*batch_.plan) || batch_.rows.changes_rows();
    merge_ = only_merge || (batch_.way == batch::Way::merge && has_upsert_key(*batch_.plan));
    forget_met(batch_.rows);
    if (!merge_) order_rows(*batch_.plan, batch_.rows, memory_);
    if (!merge_ && batch_.way == batch::Way::ask) ask();
    Attempt attempt = merge_ ? merge() : copy_batch(job());
    if (!merge_ && wants_merge(attempt, batch_)) {
      if (is_duplicate_key(attempt.error) && ask()) attempt = copy_batch(job());
      if (wants_merge(attempt, batch_)) {
        attempt = merge();
        if (!attempt.failure) attempt.conflicted = true;  // some servers do not say so
      }
    }
    Written written;
    if (wants_split(attempt, batch_, merge_)) {
      SplitAttempt split = split_batch(job(), merge_);
      attempt = std::move(split.attempt);
      merge_ = split.merged;
      if (!attempt.failure || attempt.in_doubt) written.rejected = std::move(split.rejected);
    }
    ask_for_the_catalog(attempt, batch_, merge_);
    Outcome& outcome = written.outcome;
    const std::size_t apart = merge_ ? 0 : rows_apart();
    outcome.merged = merge_ || apart > 0;
    if (!merge_) outcome.merged_rows = apart;
    outcome.conflicted = attempt.conflicted || met_.found > 0;
    outcome.repeats = repeats(only_merge, outcome.conflicted);
    outcome.timings.commit = attempt.commit;
    if (attempt.failure) explain(job(), attempt, outcome);
    return written;
  }

 private:
  [[nodiscard]] Job job() const { return {settings_, connection_, batch_, failpoints_}; }
  [[nodiscard]] bool can_ask() const { return connection_.takes_lateral() && can_part(*batch_.plan, batch_.rows); }

  /// True: the rows that meet others are known now, and left to the merge. Whatever goes wrong here does so again where
  /// it is dealt with.
  bool ask() {
    if (asked_ || !can_ask()) return false;
    asked_ = true;
    const Met met = find_present(settings_, connection_, batch_, failpoints_);
    if (met.failure) return false;
    met_.rows += met.rows;
    met_.found += met.found;
    return met.found > 0;
  }

  /// How many rows go another way than the rest, since they meet others.
  [[nodiscard]] std::size_t rows_apart() const {
    std::size_t rows = 0;
    for (const encode::RowSet& set : batch_.rows.all()) rows += set.may_meet.size() + set.met.size();
    return rows;
  }

  Attempt merge() {
    merge_ = true;
    return merge_batch(job());
  }

  [[nodiscard]] batch::Repeats repeats(bool only_merge, bool conflicted) const {
    if (asked_ && !merge_) return repeats_of(met_, *batch_.plan);
    if (!merge_ || only_merge) return batch::Repeats::none;
    if (can_ask()) return batch::Repeats::unknown;
    return conflicted ? batch::Repeats::untold : batch::Repeats::none;
  }

  const DatabaseSettings& settings_;
  Connection& connection_;
  Batch& batch_;
  Failpoints& failpoints_;
  KeyMemory& memory_;
  bool merge_ = false;
  bool asked_ = false;
  Met met_;
};

}  // namespace

Outcome write_batch(const DatabaseSettings& settings, Connection& connection, Batch& batch, Failpoints& failpoints,
                    KeyMemory& memory) {
  if (auto why = publish_dead_letters(settings, batch)) return Outcome::not_now(std::move(*why), batch::Cause::none);
  find_waiting(settings, connection, batch);
  Written written = Writing(settings, connection, batch, failpoints, memory).run();
  if (written.rejected) {
    (written.outcome.in_doubt ? batch.rejected_if_stored : batch.rejected) = std::move(*written.rejected);
  }
  return std::move(written.outcome);
}

}  // namespace loom::sink
