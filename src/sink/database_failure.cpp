#include "sink/database_failure.h"

#include <pqxx/pqxx>

#include "sink/sqlstate.h"

namespace loom::sink {
namespace {

template <typename Kind>
bool is(const std::exception& failure) {
  return dynamic_cast<const Kind*>(&failure) != nullptr;
}

}  // namespace

batch::Cause cause_of_failure(const std::exception& failure) {
  using batch::Cause;
  if (const auto* const known = dynamic_cast<const DatabaseFailure*>(&failure)) return known->cause();
  DatabaseError error;
  error.message = failure.what();
  if (is<pqxx::broken_connection>(failure)) return cause_of_refusal(error);
  const auto* const refused = dynamic_cast<const pqxx::sql_error*>(&failure);
  if (refused == nullptr) return Cause::other;
  error.sqlstate = refused->sqlstate();
  if (!error.sqlstate.empty()) return cause_of(error);
  // libpqxx 6.4 leaves the code out where the kind says it.
  if (is<pqxx::insufficient_privilege>(failure)) return Cause::no_privilege;
  if (is<pqxx::disk_full>(failure)) return Cause::disk_full;
  if (is<pqxx::out_of_memory>(failure)) return Cause::out_of_memory;
  const bool missing = is<pqxx::undefined_table>(failure) || is<pqxx::undefined_column>(failure) ||
                       is<pqxx::undefined_function>(failure);
  return missing ? Cause::schema : Cause::other;
}

}  // namespace loom::sink
