#pragma once

#include <cstdint>
#include <vector>

#include "batch/batch.h"
#include "sink/connection.h"
#include "sink/settings.h"

namespace loom::sink {

/// Messages that are read again (after `offsets reset`, say) and became dead letters before: where such a message
/// becomes a row now, its dead letter goes in the transaction that stores the row.

/// Notes on the batch which of its messages wait as dead letters: the same offset, timestamp, key and value. Asks the
/// database only where the batch says that something is read again. What cannot be asked is none: they go on waiting.
void find_waiting(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch);

/// The dead letters among these whose messages are not rejected again; `rejected` is in order of message.
std::vector<std::int64_t> rows_now(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected);

}  // namespace loom::sink
