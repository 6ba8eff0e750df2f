#include "sink/batch_transaction.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "sink/dead_letter_step.h"
#include "sink/key_question.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"
#include "sink/time_bounds.h"

namespace loom::sink {
namespace {

struct Sent {
  Script::Ran ran;
  std::vector<MergeStep> steps;
};

/// The staging tables, one for each table with a key that has rows in these groups.
void create_stages(const Job& job, const RowGroups& rows, Script& script) {
  std::set<std::uint16_t> made;
  for (const RowGroup& group : rows.groups) {
    if (group.surplus >= 0) {
      const auto surplus = static_cast<std::size_t>(group.surplus);
      script.command(statements::create_surplus_stage(job.batch.plan->tables[group.table],
                                                      statements::surplus_stage_name(surplus)));
      continue;
    }
    if (group.removes) {
      script.command(statements::create_removal_stage(job.batch.plan->tables[group.table],
                                                      statements::removal_stage_name(group.table)));
      continue;
    }
    if (!group.merge || !made.insert(group.table).second) continue;
    script.command(statements::create_stage(job.batch.plan->tables[group.table], statements::stage_name(group.table)));
  }
}

Sent send(const Job& job, const RowGroups& rows) {
  Sent sent;
  Script script;
  const bool merges = std::any_of(rows.groups.begin(), rows.groups.end(),
                                  [](const RowGroup& group) { return group.merge || !group.has_rows(); });
  if (merges) script.command("SET LOCAL jit = off");
  open_transaction(job, rows, script);
  create_stages(job, rows, script);
  std::set<std::uint16_t> used;
  for (const RowGroup& group : rows.groups) {
    const bool clear = group.merge && group.has_rows() && !used.insert(group.table).second;
    sent.steps.push_back(merge_group(job, group, clear, script));
  }
  const ByteBuffer dead = add_dead_letters(job, job.batch.rejected, script);
  sent.ran = script.run(job.connection, job.failpoints);
  return sent;
}

}  // namespace

void create_all_stages(const Job& job, Script& script) {
  const mapping::TopicPlan& plan = *job.batch.plan;
  const encode::RowSets& rows = job.batch.rows;
  std::set<std::uint16_t> made;
  for (const encode::RowSet& set : rows.all()) {
    // What has no row here may be gone, or nothing that this role may read, and is nobody's trouble now.
    if (set.rows.empty() || plan.tables[set.table].key.empty() || !made.insert(set.table).second) continue;
    script.command(statements::create_stage(plan.tables[set.table], statements::stage_name(set.table)));
  }
  for (const encode::RowSet& set : rows.removals()) {
    if (set.rows.empty()) continue;
    script.command(statements::create_removal_stage(plan.tables[set.table], statements::removal_stage_name(set.table)));
  }
  for (std::size_t surplus = 0; surplus < rows.lengths().size(); ++surplus) {
    if (rows.lengths()[surplus].rows.empty()) continue;
    script.command(statements::create_surplus_stage(plan.tables[plan.surplus[surplus].table],
                                                    statements::surplus_stage_name(surplus)));
  }
}

namespace {

/// Whatever the planner believes of a staging table that it has no statistics of, and of a table that may be large: the
/// rows are found through the key's index.
std::size_t by_index(const std::string& statement, Script& script) {
  constexpr std::array kWays{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"};
  for (const char* way : kWays) script.command("SET LOCAL " + std::string(way) + " = off");
  const std::size_t step = script.command(statement);
  for (const char* way : kWays) script.command("SET LOCAL " + std::string(way) + " TO DEFAULT");
  return step;
}

MergeStep delete_surplus(const Job& job, const RowGroup& group, bool clear, Script& script) {
  const auto index = static_cast<std::size_t>(group.surplus);
  const mapping::TablePlan& table = job.batch.plan->tables[group.table];
  const std::string stage = statements::surplus_stage_name(index);
  MergeStep step;
  if (clear) script.command("TRUNCATE " + stage);
  step.first = script.copy(statements::copy_lengths(table, stage), {table.binary, group.pieces});
  step.last = by_index(statements::delete_surplus(table, stage, job.batch.plan->surplus[index].sequence), script);
  return step;
}

MergeStep remove_rows(const Job& job, const RowGroup& group, bool clear, Script& script) {
  const mapping::TablePlan& table = job.batch.plan->tables[group.table];
  const std::string stage = statements::removal_stage_name(group.table);
  MergeStep step;
  if (clear) script.command("TRUNCATE " + stage);
  step.first = script.copy(statements::copy_removals(table, stage), {table.binary, group.pieces});
  step.last = by_index(statements::remove_rows(table, stage), script);
  return step;
}

MergeStep empty_tables(const Job& job, const RowGroup& group, Script& script) {
  std::vector<const mapping::TablePlan*> tables;
  for (const auto table : group.empties) tables.push_back(&job.batch.plan->tables[table]);
  MergeStep step;
  step.first = step.last = script.command(statements::empty_tables(tables));
  return step;
}

}  // namespace

MergeStep merge_group(const Job& job, const RowGroup& group, bool clear, Script& script) {
  if (!group.empties.empty()) return empty_tables(job, group, script);
  if (group.removes) return remove_rows(job, group, clear, script);
  if (group.surplus >= 0) return delete_surplus(job, group, clear, script);
  MergeStep step;
  if (!group.merge) {
    step.first = step.last = copy_group(job, group, script);
    return step;
  }
  const mapping::TablePlan& table = job.batch.plan->tables[group.table];
  const std::string stage = statements::stage_name(group.table);
  if (clear) script.command("TRUNCATE " + stage);
  step.first = script.copy(statements::copy(stage, statements::columns(table, group.omitted), table.binary),
                           {table.binary, group.pieces});
  step.rows = static_cast<std::int64_t>(group.messages.size());
  const auto bounds = [&] { return time_bounds(table, group.omitted, group.pieces); };
  if (group.partial) by_index(statements::require_rows(table, stage, bounds()), script);
  const bool overwrites = statements::overwrites(table, group.set);
  // Of messages that change rows nobody needs to be told that they meet some.
  if (overwrites && job.connection.takes_lateral() && !job.batch.rows.changes_rows() && !group.expected) {
    step.conflict = script.command(statements::find_conflict(table, stage, bounds()));
    step.asks = MergeStep::Asks::what_is_there;
  }
  step.last = script.command(statements::merge_stage(table, stage, group.omitted, group.set));
  if (!overwrites) {
    step.conflict = step.last;
    step.asks = MergeStep::Asks::what_is_new;
  }
  return step;
}

bool met_others(const MergeStep& step, const Script::Ran& ran) {
  switch (step.asks) {
    case MergeStep::Asks::nothing:
      return false;
    case MergeStep::Asks::what_is_there:
      return ran.affected[step.conflict] > 0;
    case MergeStep::Asks::what_is_new:
      return ran.affected[step.conflict] < step.rows;
  }
  return false;
}

bool refused_the_question(const Job& job, const std::vector<MergeStep>& steps, const Script::Ran& ran) {
  if (ran.end != Script::Ran::End::failed || !is_not_supported(ran.error) || !job.connection.takes_lateral()) {
    return false;
  }
  const bool asked = std::any_of(steps.begin(), steps.end(), [&](const MergeStep& step) {
    return step.asks == MergeStep::Asks::what_is_there && step.conflict == ran.step;
  });
  if (asked) job.connection.note_refused_lateral();
  return asked;
}

Attempt copy_batch(const Job& job) {
  const RowGroups rows = parted_groups(*job.batch.plan, job.batch.rows);
  return attempt_of(send(job, rows).ran);
}

Attempt merge_batch(const Job& job) {
  NumberedKeys keys = number_keys(job, {}, false);
  if (keys.failure) return std::move(*keys.failure);
  const RowGroups rows = merge_groups(*job.batch.plan, job.batch.rows, {}, keys.numbers);
  Sent sent = send(job, rows);
  if (refused_the_question(job, sent.steps, sent.ran)) sent = send(job, rows);
  Attempt attempt = attempt_of(sent.ran);
  if (!attempt.failure) {
    attempt.conflicted =
        rows.combined > 0 || std::any_of(sent.steps.begin(), sent.steps.end(),
                                         [&](const MergeStep& step) { return met_others(step, sent.ran); });
  }
  return attempt;
}

}  // namespace loom::sink
