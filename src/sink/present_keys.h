#pragma once

#include <cstddef>
#include <optional>

#include "batch/batch.h"
#include "sink/attempt.h"

namespace loom::sink {

/// How many of a batch's rows met others.
struct Met {
  std::size_t rows = 0;  ///< that were asked about
  std::size_t found = 0;
  std::optional<Attempt> failure;  ///< nothing was found out
};

/// Asks the database which of the rows to be copied have their keys in the table, and leaves these to the merge
/// (encode::RowSet::may_meet), or under `ignore` leaves them out (RowSet::met): dearer than a COPY that goes through,
/// and far cheaper than one that does not. Only after order_rows(), and where can_part() says so.
/// Blocks: one round trip.
Met find_present(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch, Failpoints& failpoints);

}  // namespace loom::sink
