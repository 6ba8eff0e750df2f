#include "sink/attempt.h"

#include <algorithm>
#include <set>

#include "sink/copy_context.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

using batch::OutcomeKind;

bool on_upsert_key(const mapping::TopicPlan& plan, const DatabaseError& error) {
  if (!has_upsert_key(plan)) return false;
  const auto is_key = [&](const mapping::TablePlan& table) {
    return !table.key.empty() && table.key_index == error.constraint;
  };
  if (std::any_of(plan.tables.begin(), plan.tables.end(), is_key)) return true;
  // A partition's index has a name of its own: believe it to be the key's, and let the merge find out.
  return std::none_of(plan.tables.begin(), plan.tables.end(),
                      [&](const mapping::TablePlan& table) { return table.name.name == error.table; });
}

}  // namespace

Attempt attempt_of(const Script::Ran& ran) {
  switch (ran.end) {
    case Script::Ran::End::done:
      return {.failure = std::nullopt, .error = {}, .commit = ran.commit};
    case Script::Ran::End::failed:
      return {.failure = outcome_of(ran.error), .in_doubt = leaves_in_doubt(ran.error), .error = ran.error};
    case Script::Ran::End::table_differs:
      return {.failure = OutcomeKind::catalog_changed, .error = ran.error};
    case Script::Ran::End::lost:
      return {.failure = OutcomeKind::retry, .in_doubt = ran.sent, .error = ran.error};
  }
  return {.failure = OutcomeKind::stop_topic, .error = ran.error};
}

// A lost connection says nothing of the rows, whatever its error is: it is a retry.
Fault fault_of(const Attempt& attempt, const mapping::TopicPlan& plan, bool merged) {
  if (attempt.failure != OutcomeKind::stop_topic && attempt.failure != OutcomeKind::catalog_changed) {
    return Fault::not_a_rows;
  }
  const DatabaseError& error = attempt.error;
  if (blames_a_row(error, merged)) return Fault::a_row;
  if (is_missing_partition(error)) {
    return plan.no_partition == mapping::NoPartition::dead_letter ? Fault::a_row : Fault::not_a_rows;
  }
  if (!asks_for_evidence(error, merged)) return Fault::not_a_rows;
  return names_a_value(error, plan) ? Fault::a_value : Fault::suspected;
}

bool wants_merge(const Attempt& attempt, const batch::Batch& batch) {
  const mapping::TopicPlan& plan = *batch.plan;
  if (attempt.failure == OutcomeKind::stop_topic && is_duplicate_key(attempt.error)) {
    return on_upsert_key(plan, attempt.error);
  }
  return batch.plan_is_fresh && has_upsert_key(plan) && hides_its_reason(attempt.error) &&
         fault_of(attempt, plan, false) == Fault::suspected;
}

bool wants_split(const Attempt& attempt, const batch::Batch& batch, bool merged) {
  const Fault fault = fault_of(attempt, *batch.plan, merged);
  return fault == Fault::a_row || (fault != Fault::not_a_rows && batch.plan_is_fresh);
}

void ask_for_the_catalog(Attempt& attempt, const batch::Batch& batch, bool merged) {
  const Fault fault = fault_of(attempt, *batch.plan, merged);
  if (batch.plan_is_fresh || fault == Fault::not_a_rows || fault == Fault::a_row) return;
  attempt.failure = OutcomeKind::catalog_changed;
}

void open_transaction(const Job& job, const RowGroups& rows, Script& script) {
  for (const auto& setting : statements::settings(job.settings, job.connection.server_version())) {
    script.command(setting);
  }
  if (!job.batch.ranges.empty()) {
    script.command(statements::advance(job.settings, job.batch,
                                       [&](std::string_view text) { return job.connection.literal(text); }));
  }
  if (!job.batch.replayed.empty()) script.command(statements::take_dead_letters(job.batch));
  std::set<std::uint16_t> checked;
  for (const RowGroup& group : rows.groups) {
    if (checked.insert(group.table).second) script.check(job.batch.plan->tables[group.table]);
  }
}

std::size_t copy_group(const Job& job, const RowGroup& group, Script& script) {
  const mapping::TablePlan& table = job.batch.plan->tables[group.table];
  const std::string columns = statements::columns(table, group.omitted);
  if (columns.empty()) {
    std::size_t bytes = 0;
    for (const std::string_view piece : group.pieces) bytes += piece.size();
    // Of such a row there is only its count of columns, two bytes, or in text its end of line.
    return script.command(statements::insert_defaults(table.name.quoted(), bytes / (table.binary ? 2 : 1)));
  }
  return script.copy(statements::copy(table.name.quoted(), columns, table.binary), {table.binary, group.pieces});
}

bool has_upsert_key(const mapping::TopicPlan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(),
                     [](const mapping::TablePlan& table) { return !table.key.empty(); });
}

}  // namespace loom::sink
