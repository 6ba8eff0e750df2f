#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/record_marks.h"
#include "batch/cause.h"

namespace loom::batch {

/// What became of an attempt to store a batch, as the answer to "what next?". Of a failed statement sink/sqlstate.cpp
/// says which it is.
enum class OutcomeKind : std::uint8_t {
  committed,        ///< rows, dead letters and offsets are in the database: on to the next batch
  retry,            ///< not the rows' fault: the same batch again, after a wait
  stale,            ///< the stored offsets are not what this batch believed: see `stored`
  catalog_changed,  ///< the table is not what the plan says: read the catalog again, then the same batch
  stop_topic,       ///< nothing that repeating would mend: stop this topic, loudly, and try again much later
};
std::string_view to_string(OutcomeKind kind);

/// Whether an attempt failed because it was more than fits into one transaction.
enum class TooLarge : std::uint8_t {
  no,
  perhaps,  ///< if it happens again and again
  surely
};

/// A row of kafka_consumer_offsets.
struct StoredOffset {
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
  std::int64_t epoch = 0;
  RecordMarks marks{};     ///< of the log before next_offset
  std::string decision{};  ///< what an operator has to decide first; empty: nothing
};

/// How long the parts of one attempt took.
struct Timings {
  Duration queued{};  ///< from submit() until a writer had it
  Duration copy{};    ///< from the query sent to the answer of its last statement
  Duration commit{};  ///< from there to the end of the transaction
};

/// How many rows of a batch met rows that were there, beyond those that were known to: what the next batches go by.
enum class Repeats : std::uint8_t {
  unknown,  ///< nobody counted
  none,
  few,     ///< finding them before they are sent pays
  many,    ///< most of its rows
  untold,  ///< some, and this database or table has no way but the merge
};

/// How one attempt to store a batch ended. Exactly one attempt's outcome is `committed`.
struct Outcome {
  OutcomeKind kind = OutcomeKind::committed;
  Cause cause = Cause::none;  ///< of the failure; none also where it is not the database's
  std::string sqlstate;       ///< of the failure; empty when the connection broke, or on success
  std::string message;        ///< for log and status; never holds a password
  /// Only with `retry`: the connection was lost with the query sent, so the batch may be stored all the same. What is
  /// next does not depend on it: if it is stored, the next attempt is `stale`, and the compare of the offsets says so.
  bool in_doubt = false;
  TooLarge too_large = TooLarge::no;  ///< only with `retry`
  /// Only with `stop_topic`: nothing of the batch went in, so that it is not known whether its messages are bad or the
  /// table is broken. Other messages beside them would tell.
  bool wants_company = false;
  bool merged = false;  ///< rows of it went through the staging merge, or under `ignore` were left out
  std::optional<std::size_t> merged_rows{};  ///< how many; nothing: all of them
  bool conflicted = false;                   ///< at least one row met a row with its key
  Repeats repeats = Repeats::unknown;
  Timings timings;
  std::vector<StoredOffset> stored;  ///< for `stale`: what the database has; a partition without a row is not in it

  /// A `retry` of something that the server has not seen.
  static Outcome not_now(std::string message, Cause cause = Cause::none, std::string sqlstate = {});
  /// The failure in one line: its SQLSTATE, where it has one, and its message.
  [[nodiscard]] std::string why() const;
};
/// Its kind; a `retry` in doubt is "in_doubt".
std::string_view to_string(const Outcome& outcome);

}  // namespace loom::batch
