#pragma once

#include <cstdint>

#include "base/reject.h"
#include "batch/outcome.h"
#include "sink/connection.h"

namespace loom::sink {

/// What a failed statement asks for next.
enum class Verdict : std::uint8_t {
  retry,            ///< not the rows' fault: the same batch again, later
  in_doubt,         ///< it may have been committed
  stale,            ///< the stored offsets are not those that the batch believed in
  catalog_changed,  ///< the table is not what the plan says
  stop_topic,       ///< nothing that repeating or isolating rows would mend
  row_fault,        ///< some row is bad: find it
  duplicate_key     ///< a unique index: merge where it is the upsert key, else a row's fault
};

/// The one table of SQLSTATEs. What is not in it stops the topic, so that it is seen and not lost.
Verdict verdict_of(const DatabaseError& error);

/// The outcome of an attempt that ended with this verdict; row_fault and duplicate_key, which ask for another attempt
/// on the spot, have none of their own and stop the topic.
batch::OutcomeKind outcome_of(Verdict verdict);

/// Why a row that the database refused becomes a dead letter.
RejectReason reject_reason(const std::string& sqlstate);

}  // namespace loom::sink
