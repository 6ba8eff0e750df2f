#include "sink/merge_transaction.h"

#include <algorithm>
#include <set>
#include <vector>

#include "sink/dead_letter_step.h"
#include "sink/statements.h"

namespace loom::sink {

void create_stages(const Job& job, const RowGroups& rows, Script& script) {
  std::set<std::uint16_t> made;
  for (const RowGroup& group : rows.groups) {
    if (!group.merge || !made.insert(group.table).second) continue;
    script.command(statements::create_stage(job.batch.plan->tables[group.table], statements::stage_name(group.table)));
  }
}

MergeStep merge_group(const Job& job, const RowGroup& group, bool clear, Script& script) {
  MergeStep step;
  if (!group.merge) {
    step.copy = copy_group(job, group, script);
    return step;
  }
  const mapping::TablePlan& table = job.batch.plan->tables[group.table];
  const std::string stage = statements::stage_name(group.table);
  if (clear) script.command("TRUNCATE " + stage);
  step.copy = script.copy(statements::copy(stage, statements::columns(table, group.omitted), table.binary),
                          {table.binary, group.pieces});
  step.rows = static_cast<std::int64_t>(group.messages.size());
  step.overwrites = statements::overwrites(table, group.set);
  if (step.overwrites) step.conflict = script.command(statements::find_conflict(table, stage));
  const std::size_t insert = script.command(statements::merge_stage(table, stage, group.omitted, group.set));
  if (!step.overwrites) step.conflict = insert;
  return step;
}

bool met_others(const MergeStep& step, const Script::Ran& ran) {
  if (step.rows == 0) return false;
  return step.overwrites ? ran.affected[step.conflict] > 0 : ran.affected[step.conflict] < step.rows;
}

Attempt merge_batch(const Job& job) {
  const RowGroups rows = merge_groups(*job.batch.plan, job.batch.rows);
  Script script;
  script.command("SET LOCAL jit = off");
  open_transaction(job, rows, script);
  create_stages(job, rows, script);
  std::vector<MergeStep> steps;
  std::set<std::uint16_t> used;
  for (const RowGroup& group : rows.groups) {
    const bool clear = !used.insert(group.table).second;
    steps.push_back(merge_group(job, group, clear, script));
  }
  const ByteBuffer dead = add_dead_letters(job, job.batch.rejected, script);

  const Script::Ran ran = script.run(job.connection, job.failpoints);
  Attempt attempt = attempt_of(ran);
  if (!attempt.failure) {
    attempt.conflicted = rows.combined > 0 || std::any_of(steps.begin(), steps.end(),
                                                          [&](const MergeStep& step) { return met_others(step, ran); });
  }
  return attempt;
}

}  // namespace loom::sink
