#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
  bool conflicted = false;     ///< at least one row met another one with its key
  bool wants_company = false;  ///< see batch::Outcome
  std::string note{};          ///< what is known besides the error
  Duration commit{};           ///< of its time, the transaction's end
};

/// Whose fault a failed try is.
enum class Fault : std::uint8_t {
  not_a_rows,  ///< the database's, the connection's, the plan's, the operator's: what is next is in Attempt::failure
  a_row,       ///< its code says so, or the topic's mapping
  a_value,     ///< it names a line and a column of our COPY: a row's, if the table is as the plan has it
  suspected    ///< a row's, if the table is as the plan has it and takes other rows
};
Fault fault_of(const Attempt& attempt, const mapping::TopicPlan& plan, bool merged);

/// What a script that should have committed says of the batch.
Attempt attempt_of(const Script::Ran& ran);

/// The same of one that has no commit in it: a lost connection takes everything back.
Attempt uncommitted(const Script::Ran& ran);

/// Whether it failed because a row met another one in a unique index, or may have: if it is the upsert key's, the merge
/// knows what to do.
bool wants_merge(const Attempt& attempt, const batch::Batch& batch);

/// Whether it failed because of some row, as far as that is known by now: without that one the others can be stored.
/// `merged`: by the merge.
bool wants_split(const Attempt& attempt, const batch::Batch& batch, bool merged);

/// A failure that may be a row's or the table's calls for the catalog, where it was not read lately.
void ask_for_the_catalog(Attempt& attempt, const batch::Batch& batch, bool merged);

/// Settings, then the offsets, then a check of each table that has rows.
void open_transaction(const Job& job, const RowGroups& rows, Script& script);

/// COPY of one group straight into its table. Returns its step.
std::size_t copy_group(const Job& job, const RowGroup& group, Script& script);

bool has_upsert_key(const mapping::TopicPlan& plan);

/// Only the merge will do: rows beyond a list's end are to go, and no conflict in the topic's own table tells when.
bool always_merges(const mapping::TopicPlan& plan);

}  // namespace loom::sink
