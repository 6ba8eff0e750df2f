#pragma once

#include "sink/attempt.h"

namespace loom::sink {

/// The optimistic way, taken by nearly every batch: advance the offsets and COPY every row straight into its table,
/// dead letters behind them, as one query string and so one implicit transaction.
Attempt copy_batch(const Job& job);

}  // namespace loom::sink
