#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sink/attempt.h"

namespace loom::sink {

/// The optimistic way, taken by nearly every batch: advance the offsets and COPY the rows straight into their tables,
/// dead letters behind them, as one query string and so one implicit transaction. Only rows that may meet others (see
/// order_rows()) go through a staging table, as below.
Attempt copy_batch(const Job& job);

/// The way of batches that met rows with their upsert keys: rows of a table with a key go through a staging table and
/// INSERT ... ON CONFLICT, as one query string and one implicit transaction like the optimistic way.
Attempt merge_batch(const Job& job);

/// All staging tables that any part of the batch may need, taken apart as it may be: what another message takes the
/// place of has no group in the whole.
void create_all_stages(const Job& job, Script& script);

/// A group's statements, and where a script's results will say whether its rows met others.
struct MergeStep {
  enum class Asks : std::uint8_t {
    nothing,        ///< not merged, or the server does not take the question
    what_is_there,  ///< `conflict` asks for a row in the table
    what_is_new     ///< `conflict` inserts what is new
  };
  std::size_t first = 0;  ///< of its steps
  std::size_t last = 0;
  std::size_t conflict = 0;  ///< the step to look at
  std::int64_t rows = 0;     ///< how many rows were staged
  Asks asks = Asks::nothing;
};
/// `clear` empties the stage first: it was used before in this transaction.
MergeStep merge_group(const Job& job, const RowGroup& group, bool clear, Script& script);

bool met_others(const MergeStep& step, const Script::Ran& ran);

/// Whether the script failed only because the server does not take the question for conflicting rows. Then it is not
/// asked again on this connection, and the same script without it may do.
bool refused_the_question(const Job& job, const std::vector<MergeStep>& steps, const Script::Ran& ran);

}  // namespace loom::sink
