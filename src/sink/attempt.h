#pragma once

#include <optional>

#include "base/failpoints.h"
#include "batch/batch.h"
#include "batch/outcome.h"
#include "sink/connection.h"
#include "sink/row_groups.h"
#include "sink/script.h"
#include "sink/settings.h"

namespace loom::sink {

/// What the tries to write a batch have at hand. Nobody changes the batch as long as there is a job of it.
struct Job {
  const DatabaseSettings& settings;
  Connection& connection;
  const batch::Batch& batch;
  Failpoints& failpoints;
};

/// How one try ended.
struct Attempt {
  std::optional<batch::OutcomeKind> failure;  ///< what it means for the batch; none: all of it went through
  bool in_doubt = false;                      ///< it may be committed in spite of its failure
  DatabaseError error;
  bool conflicted = false;  ///< at least one row met another one with its key
  Duration commit{};        ///< of its time, the transaction's end
};

/// What a script that should have committed says of the batch.
Attempt attempt_of(const Script::Ran& ran);

/// Whether it failed because a row met one with its upsert key, and not a duplicate in some other unique index: the
/// merge knows what to do.
bool wants_merge(const Attempt& attempt, const mapping::TopicPlan& plan);

/// Whether it failed because of some row: without that one the others can be stored. `merged`: by the merge.
bool wants_split(const Attempt& attempt, bool merged);

/// Settings, then the offsets, then a check of each table that has rows.
void open_transaction(const Job& job, const RowGroups& rows, Script& script);

/// COPY of one group straight into its table. Returns its step.
std::size_t copy_group(const Job& job, const RowGroup& group, Script& script);

bool has_upsert_key(const mapping::TopicPlan& plan);

}  // namespace loom::sink
