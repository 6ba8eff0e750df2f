#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/reject.h"
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
    a_row,
    a_row_when_merged  ///< only in a merge; elsewhere it is not known what it means
  };

  std::string_view code;  ///< five characters; or two: its class
  std::string_view says;
  batch::OutcomeKind outcome = batch::OutcomeKind::stop_topic;  ///< of the attempt, if nothing better can be done
  Only only = Only::always;
  Blames blames = Blames::no_row;
  bool in_doubt = false;
  bool not_set_up = false;
};

/// The table. The first line that fits decides; an error that fits none stops the topic, so that it is seen and not
/// lost.
std::span<const SqlstateRule> sqlstate_rules();

/// What an attempt that ended with this error means for the batch; never `committed`. An error without an SQLSTATE is
/// the connection's own.
batch::OutcomeKind outcome_of(const DatabaseError& error);

/// Whether the transaction may have been committed although it ended with this error.
bool leaves_in_doubt(const DatabaseError& error);

/// Whether some row is bad. `merged`: the rows went through the staging merge.
bool blames_a_row(const DatabaseError& error, bool merged);

/// Whether waiting mends it: the server's resources, its operator, its disk, another session, a standby.
bool passes_by_itself(const DatabaseError& error);

/// Whether the database lacks what the migrations make: a table, a column, a function or a schema, or the privilege to
/// use it.
bool not_set_up(const DatabaseError& error);

/// Whether a row met another one in a unique index. Where that is the upsert key's index it is no fault at all.
bool is_duplicate_key(const DatabaseError& error);

/// Whether the server cancelled the statement. As a rule our own statement timeout asked for it.
bool is_own_timeout(const DatabaseError& error);

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
