#pragma once

#include <vector>

#include "options.h"
#include "prepared_rows.h"

namespace loom::bench {

/// One way to write the prepared rows, and how fast it was.
struct CeilingRun {
  int connections = 0;
  std::size_t rows_each = 0;  ///< rows of one COPY, which is one transaction
  double rows_per_second = 0;
  double seconds = 0;
  double sender_cpu = 0;    ///< CPU seconds of this process
  double postgres_cpu = 0;  ///< and of PostgreSQL
  double others_share = 0;  ///< of all CPUs' time, taken by programs that have no part in this
};

/// What PostgreSQL takes when nothing but sending is left to do: 1, 2 and 4 connections with 1,000, 5,000 and
/// 20,000 rows a COPY, each into the emptied table, synchronous_commit off. The last one's rows stay.
/// Blocks: while it measures.  Fails: std::runtime_error.
std::vector<CeilingRun> measure_ceiling(const Options& options, const PreparedRows& rows);

/// The fastest.
const CeilingRun& best_of(const std::vector<CeilingRun>& runs);

/// One of them.
CeilingRun write_prepared(const Options& options, const PreparedRows& rows, int connections, std::size_t rows_each);

}  // namespace loom::bench
