#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/reject.h"
#include "batch/cause.h"
#include "batch/outcome.h"
#include "sink/connection.h"

/// What the database's errors mean. No other file of src/ knows an SQLSTATE: whoever has a DatabaseError asks one of
/// the questions below. docs/architecture.md shows the table, and a test holds the page against it. Pure.
namespace loom::sink {

/// A line of the table.
struct SqlstateRule {
  /// What has to hold besides the code.
  enum class Only : std::uint8_t { always, inside_copy, without_constraint };
  /// Whether a row caused it, so that the other rows can be stored without that one.
  enum class Blames : std::uint8_t {
    no_row,
    a_row,              ///< the code says so
    a_row_when_merged,  ///< in a merge the code says so, elsewhere with evidence
    a_row_as_mapped,    ///< where the topic's mapping says so (`no_partition`)
    with_evidence,      ///< when the table takes others: other messages, or the same transaction without rows
    with_a_neighbour    ///< when it takes other messages: a broken trigger fails in this way for each row
  };
  /// Whether fewer messages in one transaction may not have it.
  enum class Fewer : std::uint8_t {
    no,
    when_repeated,  ///< it may also pass by itself
    at_once
  };

  std::string_view code;  ///< five characters; or two: its class
  std::string_view says;
  batch::Cause cause = batch::Cause::other;
  batch::OutcomeKind outcome = batch::OutcomeKind::stop_topic;  ///< of the attempt, if nothing better can be done
  Only only = Only::always;
  Blames blames = Blames::no_row;
  Fewer fewer = Fewer::no;
  bool in_doubt = false;
  bool not_set_up = false;
};

/// The table. The first line that fits decides; the last one, whose code is empty, fits every error.
std::span<const SqlstateRule> sqlstate_rules();

/// What an attempt that ended with this error means for the batch; never `committed`. An error without an SQLSTATE is
/// the connection's own.
batch::OutcomeKind outcome_of(const DatabaseError& error);

/// What somebody has to mend. Of a statement that failed; one without an SQLSTATE lost its connection.
batch::Cause cause_of(const DatabaseError& error);

/// The same of a connection that was refused. Poolers have one code for everything, and libpq's own refusals have none:
/// what these say is told by their words.
batch::Cause cause_of_refusal(const DatabaseError& error);

/// The code that a cause mostly has; empty: the connection broke. So that its series are there before it happens.
std::string_view usual_sqlstate(batch::Cause cause);

/// Whether the transaction may have been committed although it ended with this error.
bool leaves_in_doubt(const DatabaseError& error);

/// Whether some row is bad, as the code alone says. `merged`: the rows went through the staging merge.
bool blames_a_row(const DatabaseError& error, bool merged);

/// Whether a row may be bad, by its code or with evidence.
bool may_blame_a_row(const DatabaseError& error);

/// Whether a row may be bad: evidence has to tell it from a broken table.
bool asks_for_evidence(const DatabaseError& error, bool merged);

/// Whether a broken table gives this for each row, so that a message which fails alone proves nothing.
bool wants_a_neighbour(const DatabaseError& error);

/// Whether the table has no partition for a row.
bool is_missing_partition(const DatabaseError& error);

/// Whether it may be anything: Citus reports what its workers refuse, a repeated key too, as an internal error.
bool hides_its_reason(const DatabaseError& error);

/// Whether the server does not know how to do what it was asked.
bool is_not_supported(const DatabaseError& error);

/// Whether fewer messages in one transaction may not have it.
batch::TooLarge too_large(const DatabaseError& error);

/// Whether waiting mends it: the server's resources, its operator, its disk, another session, a standby.
bool passes_by_itself(const DatabaseError& error);

/// Whether the database lacks what the migrations make: a table, a column, a function or a schema, or the privilege to
/// use it.
bool not_set_up(const DatabaseError& error);

/// Whether a row met another one in a unique index. Where that is the upsert key's index it is no fault at all.
bool is_duplicate_key(const DatabaseError& error);

/// Whether a column that is NOT NULL got nothing.
bool is_null_violation(const DatabaseError& error);

/// Whether a function said RAISE without a code: it means to refuse a row.
bool is_plain_raise(const DatabaseError& error);

/// Whether another session held a lock for longer than the lock timeout.
bool met_a_lock(const DatabaseError& error);

/// Whether the role lacks a privilege.
bool lacks_a_privilege(const DatabaseError& error);

/// What the transaction of a replay raises when it does not get all of its dead letters. The other SQLSTATE of our own
/// is raised by kafka_advance_offsets().
extern const std::string_view kDeadLettersNotThere;

/// Why a row that the database refused becomes a dead letter.
RejectReason reject_reason(const DatabaseError& error);

}  // namespace loom::sink
