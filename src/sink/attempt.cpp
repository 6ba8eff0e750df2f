#include "sink/attempt.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "sink/copy_context.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

using batch::OutcomeKind;

bool feeds(const mapping::TopicPlan& plan, std::string_view column) {
  return std::any_of(plan.tables.begin(), plan.tables.end(), [&](const mapping::TablePlan& table) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [&](const mapping::PlanColumn& fed) { return fed.info.name == column; });
  });
}

/// The columns in `Key (a, "B")=(1, 2) already exists.`; none where the server says it in another way, or where an
/// expression is among them.
std::vector<std::string> key_in(std::string_view detail) {
  const std::size_t begin = detail.find('(');
  const std::size_t end = detail.find(")=(");
  std::vector<std::string> columns;
  if (begin == std::string_view::npos || end == std::string_view::npos || begin >= end) return columns;
  const std::string_view list = detail.substr(begin + 1, end - begin - 1);
  if (list.find_first_of("(:") != std::string_view::npos) return columns;
  std::istringstream names{std::string(list)};
  for (std::string column; std::getline(names >> std::ws, column, ',');) {
    if (column.size() > 1 && column.front() == '"') column = column.substr(1, column.size() - 2);
    columns.push_back(std::move(column));
  }
  return columns;
}

/// A column that no message feeds is NOT NULL and has no default, or its default repeats itself (a sequence that is
/// behind its table). It may also be generated from what a message feeds.
bool is_about_what_nothing_feeds(const DatabaseError& error, const mapping::TopicPlan& plan) {
  if (is_null_violation(error)) return !error.column.empty() && !feeds(plan, error.column);
  if (!is_duplicate_key(error)) return false;
  const auto key = key_in(error.detail);
  return !key.empty() && std::none_of(key.begin(), key.end(), [&](const auto& column) { return feeds(plan, column); });
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

Attempt uncommitted(const Script::Ran& ran) {
  Attempt attempt = attempt_of(ran);
  if (ran.end == Script::Ran::End::lost) attempt.in_doubt = false;
  return attempt;
}

// A lost connection says nothing of the rows, whatever its error is: it is a retry.
Fault fault_of(const Attempt& attempt, const mapping::TopicPlan& plan, bool merged) {
  if (attempt.failure != OutcomeKind::stop_topic && attempt.failure != OutcomeKind::catalog_changed) {
    return Fault::not_a_rows;
  }
  const DatabaseError& error = attempt.error;
  // What a trigger's own statements ran into may be the trigger's fault, whatever the code.
  if (in_a_function(error) && !is_plain_raise(error) && may_blame_a_row(error)) return Fault::suspected;
  if (is_about_what_nothing_feeds(error, plan)) return Fault::suspected;
  if (blames_a_row(error, merged)) return Fault::a_row;
  if (is_missing_partition(error)) {
    return plan.no_partition == mapping::NoPartition::dead_letter ? Fault::a_row : Fault::not_a_rows;
  }
  if (!asks_for_evidence(error, merged)) return Fault::not_a_rows;
  return column_of_value(error, plan) ? Fault::a_value : Fault::suspected;
}

// Which index it was is not asked: it may have been replaced by another of the same columns, and a partition's has a
// name of its own. What the merge cannot mend is a duplicate in another index.
bool wants_merge(const Attempt& attempt, const batch::Batch& batch) {
  const mapping::TopicPlan& plan = *batch.plan;
  if (!has_upsert_key(plan)) return false;
  if (attempt.failure == OutcomeKind::stop_topic && is_duplicate_key(attempt.error)) return true;
  return batch.plan_is_fresh && hides_its_reason(attempt.error) && fault_of(attempt, plan, false) == Fault::suspected;
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

bool always_merges(const mapping::TopicPlan& plan) {
  return std::any_of(plan.surplus.begin(), plan.surplus.end(), [&](const mapping::SurplusPlan& surplus) {
    return plan.tables[surplus.parent].key.empty() || !surplus.parent_tells;
  });
}

bool has_upsert_key(const mapping::TopicPlan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(),
                     [](const mapping::TablePlan& table) { return !table.key.empty(); });
}

}  // namespace loom::sink
