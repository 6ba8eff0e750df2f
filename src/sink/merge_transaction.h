#pragma once

#include "sink/attempt.h"

namespace loom::sink {

/// The way of batches that met rows with their upsert keys: rows of a table with a key go through a staging table and
/// INSERT ... ON CONFLICT, as one query string and one implicit transaction like the optimistic way.
Attempt merge_batch(const Job& job);

/// The staging tables, one per table with a key that has rows in the batch.
void create_stages(const Job& job, const RowGroups& rows, Script& script);

/// A group's statements, and where a script's results will say whether its rows met others.
struct MergeStep {
  std::size_t copy = 0;      ///< the COPY, into the stage or the table
  std::size_t conflict = 0;  ///< the step to look at, when `rows` is not 0
  std::int64_t rows = 0;     ///< how many rows were staged
  bool overwrites = false;   ///< `conflict` asks for a row in the table; else it inserts what is new
};
/// `clear` empties the stage first: it was used before in this transaction.
MergeStep merge_group(const Job& job, const RowGroup& group, bool clear, Script& script);

bool met_others(const MergeStep& step, const Script::Ran& ran);

}  // namespace loom::sink
