#pragma once

#include <cstdint>
#include <optional>

#include "base/failpoints.h"
#include "batch/batch.h"
#include "sink/connection.h"
#include "sink/row_groups.h"
#include "sink/script.h"
#include "sink/settings.h"
#include "sink/sqlstate.h"

namespace loom::sink {

/// What one try to write a batch has at hand.
struct Job {
  const DatabaseSettings& settings;
  Connection& connection;
  const batch::Batch& batch;
  Failpoints& failpoints;
};

/// How one try ended.
struct Attempt {
  std::optional<Verdict> failure;  ///< none: committed
  DatabaseError error;
  bool conflicted = false;  ///< at least one row met another one with its key
  Duration commit{};        ///< of its time, the transaction's end
};

/// What a script that should have committed says of the batch.
Attempt judge(const Script::Ran& ran);

/// Settings, then the offsets, then a check of each table that has rows.
void open_transaction(const Job& job, const RowGroups& rows, Script& script);

/// COPY of one group straight into its table. Returns its step.
std::size_t copy_group(const Job& job, const RowGroup& group, Script& script);

/// Whether this 23505 means that a row met one with its upsert key, and not a duplicate on some other unique index.
bool on_upsert_key(const mapping::TopicPlan& plan, const DatabaseError& error);

bool has_upsert_key(const mapping::TopicPlan& plan);

}  // namespace loom::sink
