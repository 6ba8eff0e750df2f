#include "sink/copy_transaction.h"

#include "sink/dead_letters.h"
#include "sink/statements.h"

namespace loom::sink {

Attempt copy_batch(const Job& job) {
  const RowGroups rows = ordered_groups(*job.batch.plan, job.batch.rows);
  Script script;
  open_transaction(job, rows, script);
  for (const RowGroup& group : rows.groups) copy_group(job, group, script);

  const ByteBuffer dead = encode_dead_letters(job.settings.consumer_group, job.batch, job.batch.rejected);
  if (!dead.empty()) script.copy(statements::copy_dead_letters(), {true, {dead.view()}});
  return judge(script.run(job.connection));
}

}  // namespace loom::sink
