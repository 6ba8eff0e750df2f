#include "sink/copy_transaction.h"

#include "sink/dead_letter_step.h"

namespace loom::sink {

Attempt copy_batch(const Job& job) {
  const RowGroups rows = ordered_groups(job.batch.rows);
  Script script;
  open_transaction(job, rows, script);
  for (const RowGroup& group : rows.groups) copy_group(job, group, script);

  const ByteBuffer dead = add_dead_letters(job, job.batch.rejected, script);
  return attempt_of(script.run(job.connection, job.failpoints));
}

}  // namespace loom::sink
