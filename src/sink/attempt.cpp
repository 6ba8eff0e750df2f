#include "sink/attempt.h"

#include <algorithm>
#include <set>

#include "sink/statements.h"

namespace loom::sink {

Attempt judge(const Script::Ran& ran) {
  switch (ran.end) {
    case Script::Ran::End::done:
      return {.failure = std::nullopt, .error = {}, .commit = ran.commit};
    case Script::Ran::End::failed:
      return {.failure = verdict_of(ran.error), .error = ran.error};
    case Script::Ran::End::table_differs:
      return {.failure = Verdict::catalog_changed, .error = ran.error};
    case Script::Ran::End::lost:
      return {.failure = ran.sent ? Verdict::in_doubt : Verdict::retry, .error = ran.error};
  }
  return {.failure = Verdict::stop_topic, .error = ran.error};
}

void open_transaction(const Job& job, const RowGroups& rows, Script& script) {
  for (const auto& setting : statements::settings(job.settings)) script.command(setting);
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

bool has_upsert_key(const mapping::TopicPlan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(),
                     [](const mapping::TablePlan& table) { return !table.key.empty(); });
}

}  // namespace loom::sink
