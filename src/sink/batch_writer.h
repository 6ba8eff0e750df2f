#pragma once

#include "base/failpoints.h"
#include "batch/batch.h"
#include "batch/outcome.h"
#include "sink/connection.h"
#include "sink/key_memory.h"
#include "sink/settings.h"

namespace loom::sink {

/// One attempt to store one batch over one connection:
///   optimistic COPY -> a key was there already: which ones? -> COPY of the others, merge of these -> merge of all
///                   -> a bad row: split
///                   -> offsets not as believed: read them back
///                   -> an offset row locked for long: end a writer of ours that froze while holding it
/// `batch` gains the rejected messages that the database found, when they were committed.
/// `memory`: of the keys that were sent lately; shared by all writers.
/// Blocks: for the statements' length.  Fails: by its outcome; the connection may be lost() afterwards.
batch::Outcome write_batch(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch,
                           Failpoints& failpoints, KeyMemory& memory);

}  // namespace loom::sink
