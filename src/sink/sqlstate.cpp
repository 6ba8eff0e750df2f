#include "sink/sqlstate.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace loom::sink {
namespace {

struct Rule {
  std::string_view prefix;  ///< two characters: the whole class
  Verdict verdict;
};

// A code stands before its class.
constexpr std::array kRules{
    Rule{"KO001", Verdict::stale},
    Rule{"KO002", Verdict::stale},            // a replay whose dead letters are gone, or in another one's hands
    Rule{"08007", Verdict::in_doubt},         // transaction_resolution_unknown
    Rule{"40003", Verdict::in_doubt},         // statement_completion_unknown
    Rule{"08", Verdict::retry},               // connection
    Rule{"53", Verdict::retry},               // insufficient resources: disk full, too many connections
    Rule{"57", Verdict::retry},               // operator intervention; 57014, our own timeout: the worker counts those
    Rule{"58", Verdict::retry},               // system error outside PostgreSQL
    Rule{"40001", Verdict::retry},            // serialization_failure
    Rule{"40P01", Verdict::retry},            // deadlock_detected
    Rule{"55P03", Verdict::retry},            // lock_not_available
    Rule{"25006", Verdict::retry},            // read_only_sql_transaction: a failover under way
    Rule{"22P03", Verdict::catalog_changed},  // invalid_binary_representation
    Rule{"22P04", Verdict::catalog_changed},  // bad_copy_file_format
    Rule{"42", Verdict::catalog_changed},     // no such table or column, no permission
    Rule{"23505", Verdict::duplicate_key},
    Rule{"22", Verdict::row_fault},     // data exception
    Rule{"23", Verdict::row_fault},     // integrity constraint
    Rule{"54000", Verdict::row_fault},  // program_limit_exceeded: a value too large for its index, say
    Rule{"54001", Verdict::row_fault},  // statement_too_complex
    Rule{"P0001", Verdict::row_fault},  // RAISE in a trigger
};

bool inside_copy(const DatabaseError& error) {
  return error.context.starts_with("COPY ") || error.context.find("\nCOPY ") != std::string::npos;
}

}  // namespace

Verdict verdict_of(const DatabaseError& error) {
  const std::string_view state = error.sqlstate;
  if (state.empty()) return Verdict::in_doubt;
  if (state == "08P01" || state == "XX000") {
    return inside_copy(error) ? Verdict::catalog_changed : Verdict::stop_topic;
  }
  // No partition takes the row: it is as good as tomorrow's, for which there is none either.
  if (state == "23514" && error.constraint.empty()) return Verdict::stop_topic;
  const auto* const rule =
      std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) { return state.starts_with(r.prefix); });
  return rule == kRules.end() ? Verdict::stop_topic : rule->verdict;
}

batch::OutcomeKind outcome_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::retry:
      return batch::OutcomeKind::retry;
    case Verdict::in_doubt:
      return batch::OutcomeKind::in_doubt;
    case Verdict::stale:
      return batch::OutcomeKind::stale;
    case Verdict::catalog_changed:
      return batch::OutcomeKind::catalog_changed;
    case Verdict::stop_topic:
    case Verdict::row_fault:
    case Verdict::duplicate_key:
      return batch::OutcomeKind::stop_topic;
  }
  return batch::OutcomeKind::stop_topic;
}

RejectReason reject_reason(const std::string& sqlstate) {
  if (sqlstate == "23505") return RejectReason::unique_violation;
  if (sqlstate == "23502") return RejectReason::not_null_violation;
  if (sqlstate == "23503") return RejectReason::foreign_key_violation;
  if (sqlstate == "23514") return RejectReason::check_violation;
  if (sqlstate == "23P01") return RejectReason::exclusion_violation;
  return RejectReason::rejected_by_database;
}

}  // namespace loom::sink
