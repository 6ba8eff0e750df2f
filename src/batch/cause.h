#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace loom::batch {

/// Why something is not stored, in the words of whoever has to mend it: what the database says, or the schema registry.
/// The names are the label `cause` of the metrics, and stand in /status; which SQLSTATE is which is the business of
/// sink/sqlstate.cpp.
enum class Cause : std::uint8_t {
  none,                  ///< nothing is wrong, or it is not the database's doing
  away,                  ///< it does not answer, breaks off, or shuts down
  login_refused,         ///< it answers and does not let this role in
  too_many_connections,  ///< of the server, the database, the role or a pooler
  read_only,             ///< a standby, or default_transaction_read_only
  disk_full,
  out_of_memory,
  no_privilege,      ///< for a table, a sequence or a function
  schema,            ///< a table, column or partition is missing or is not what the mapping says
  locked,            ///< another session holds a lock
  timeout,           ///< a statement or transaction took too long
  conflict,          ///< deadlocks, serialization failures
  registry_away,     ///< the schema registry does not answer, and a schema is wanted
  registry_refused,  ///< it answers and does not let this login in
  other
};

/// Each but `none`, the one that explains the others first: with the database away nothing else matters.
inline constexpr std::array kCauses{
    Cause::away,
    Cause::login_refused,
    Cause::too_many_connections,
    Cause::read_only,
    Cause::disk_full,
    Cause::out_of_memory,
    Cause::no_privilege,
    Cause::schema,
    Cause::locked,
    Cause::timeout,
    Cause::conflict,
    Cause::registry_away,
    Cause::registry_refused,
    Cause::other,
};

std::string_view to_string(Cause cause);

/// Whether it is the whole database's and not one table's: no topic of this replica can be stored, and nothing that is
/// done to the replica would change that.
bool is_database_wide(Cause cause);

}  // namespace loom::batch
