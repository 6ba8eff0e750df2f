#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/byte_buffer.h"
#include "sink/attempt.h"

namespace loom::sink {

/// What a batch does with its messages that become no rows:
///   sent to the dead-letter topic, where there is one, and acknowledged  (before the transaction can commit)
///   -> written into kafka_dead_letters behind the rows, in their transaction
/// Messages that are read again may be in that table already: see read_again.h, and migration 044.
/// A replay's messages are in that table already: those that became rows are deleted from it and remembered as
/// repaired, in the transaction that stores the rows, and those that fail again get their new reason, unless it is that
/// of another value.

/// Sends the batch's rejected messages to the topic and notes on each what became of it. Why the batch has to wait
/// before it can be written; nothing: all of them are where the topic wants them.
/// Blocks: as DeadLetterPublisher.
std::optional<std::string> publish_dead_letters(const DatabaseSettings& settings, batch::Batch& batch);
/// The same of those that a job found; they are not the batch's yet.
std::optional<std::string> publish_dead_letters(const Job& job, std::vector<batch::RejectedMessage>& found);

/// Adds the table's part to the script. The bytes that it sends are the caller's to keep until the script has run.
ByteBuffer add_dead_letters(const Job& job, const std::vector<batch::RejectedMessage>& rejected, Script& script);

}  // namespace loom::sink
