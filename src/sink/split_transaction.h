#pragma once

#include <vector>

#include "sink/attempt.h"

namespace loom::sink {

struct SplitAttempt {
  Attempt attempt;
  std::vector<batch::RejectedMessage> rejected;  ///< those of the batch and those found, in order of message
  bool merged = false;                           ///< some of it went through the staging merge
};

/// The way of batches with bad rows in them: one explicit transaction in which ranges of messages are tried under
/// savepoints, a range that fails is taken apart, and a message that fails by itself becomes a dead letter. A message's
/// rows in all tables stand or fall together.
/// Where the error's code does not say that a row is bad, a message is one only on evidence: its tables took others of
/// the batch, or it is the only one and the transaction goes through without rows. Else the topic stops.
///   try a range -> good: keep it -> bad row known by its line: what is before it, the row's message, the rest in
///   halves
///               -> not known: halves -> of 8 messages or less: one by one
/// k bad messages of n cost O(k log n) statements and O(n log n) bytes. `merge`: start with the merge, not with COPY.
SplitAttempt split_batch(const Job& job, bool merge);

}  // namespace loom::sink
