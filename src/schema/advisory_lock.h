#pragma once

#include <pqxx/pqxx>
#include <string>

namespace loom::schema {

/// The advisory locks that the control commands take, each for one transaction. The numbers are ours alone: the first
/// spells "loom".
enum class AdvisoryLock : int {
  schema = 1,
  consumer_metrics = 2,  ///< taken by maintain_consumer_metrics() itself, in migration 041
  storage = 3,           ///< whoever makes and drops partitions and chunks
};

inline std::string lock_statement(AdvisoryLock lock) {
  return "SELECT pg_advisory_xact_lock(1819242349, " + std::to_string(static_cast<int>(lock)) + ")";
}

/// True or false, at once.
inline std::string try_lock_query(AdvisoryLock lock) {
  return "SELECT pg_try_advisory_xact_lock(1819242349, " + std::to_string(static_cast<int>(lock)) + ")";
}

/// `already exists, skipping` is what IF NOT EXISTS is for: no reason to print it.
inline void quiet(pqxx::connection& connection) {
  pqxx::nontransaction(connection).exec("SET client_min_messages = warning");
}

}  // namespace loom::schema
