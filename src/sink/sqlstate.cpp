#include "sink/sqlstate.h"

#include <algorithm>
#include <array>
#include <string>

namespace loom::sink {

constexpr std::string_view kDeadLettersNotThere = "KO002";

namespace {

using Rule = SqlstateRule;
using Only = SqlstateRule::Only;
using Blames = SqlstateRule::Blames;

constexpr auto kRetry = batch::OutcomeKind::retry;
constexpr auto kStale = batch::OutcomeKind::stale;
constexpr auto kCatalogChanged = batch::OutcomeKind::catalog_changed;
constexpr auto kStopTopic = batch::OutcomeKind::stop_topic;

// A condition stands before its code without one, and a code before its class. Whoever adds a line adds it to the test
// and to docs/architecture.md, too.
constexpr std::array kRules{
    Rule{.code = "KO001", .says = "the stored offsets are not those that the batch believes in", .outcome = kStale},
    Rule{.code = kDeadLettersNotThere,
         .says = "a replay's dead letters are gone, or another replay has them",
         .outcome = kStale},
    Rule{.code = "08007", .says = "it is not known how the transaction ended", .outcome = kRetry, .in_doubt = true},
    Rule{.code = "08P01", .says = "protocol violation", .outcome = kCatalogChanged, .only = Only::inside_copy},
    Rule{.code = "08P01", .says = "protocol violation", .outcome = kStopTopic},
    Rule{.code = "08", .says = "the connection failed", .outcome = kRetry},
    Rule{.code = "40003", .says = "it is not known how the statement ended", .outcome = kRetry, .in_doubt = true},
    Rule{.code = "40001", .says = "serialization failure", .outcome = kRetry},
    Rule{.code = "40P01", .says = "deadlock", .outcome = kRetry},
    Rule{.code = "53", .says = "no disk space, memory or connections left", .outcome = kRetry},
    Rule{.code = "55P03", .says = "a lock was held for longer than the lock timeout", .outcome = kRetry},
    Rule{.code = "57014", .says = "the statement was cancelled, by our statement timeout mostly", .outcome = kRetry},
    Rule{.code = "57", .says = "an operator stopped the server or ended the session", .outcome = kRetry},
    Rule{.code = "58", .says = "the server's system failed: a file or a disk", .outcome = kRetry},
    Rule{.code = "25006", .says = "the server is read-only: a failover is under way", .outcome = kRetry},
    Rule{.code = "22P03", .says = "binary data that do not fit the column's type", .outcome = kCatalogChanged},
    Rule{.code = "22P04", .says = "COPY data that do not fit the table", .outcome = kCatalogChanged},
    Rule{.code = "42P01", .says = "no such table", .outcome = kCatalogChanged, .not_set_up = true},
    Rule{.code = "42703", .says = "no such column", .outcome = kCatalogChanged, .not_set_up = true},
    Rule{.code = "42883", .says = "no such function", .outcome = kCatalogChanged, .not_set_up = true},
    Rule{.code = "42501", .says = "a privilege is missing", .outcome = kCatalogChanged, .not_set_up = true},
    Rule{.code = "42", .says = "the statement does not fit the database", .outcome = kCatalogChanged},
    Rule{.code = "3F000", .says = "no such schema", .outcome = kStopTopic, .not_set_up = true},
    // Keys can be equal whose bytes are not (citext, numeric), so a merge may bring the same key twice.
    Rule{.code = "21000", .says = "one INSERT met the same row twice", .blames = Blames::a_row_when_merged},
    Rule{.code = "23505", .says = "a row met another one in a unique index", .blames = Blames::a_row},
    // Such a row is as good as tomorrow's, for which there is no partition either.
    Rule{.code = "23514", .says = "the table has no partition for the row", .only = Only::without_constraint},
    Rule{.code = "22", .says = "a value that its column does not take", .blames = Blames::a_row},
    Rule{.code = "23", .says = "a constraint does not allow the row", .blames = Blames::a_row},
    Rule{.code = "54000", .says = "a limit of the server: a value too large for its index", .blames = Blames::a_row},
    Rule{.code = "54001", .says = "a limit of the server: a value nested too deeply", .blames = Blames::a_row},
    Rule{.code = "P0001", .says = "a trigger refused the row", .blames = Blames::a_row},
    Rule{.code = "XX000", .says = "internal error", .outcome = kCatalogChanged, .only = Only::inside_copy},
    Rule{.code = "XX000", .says = "internal error", .outcome = kStopTopic},
};

bool inside_copy(const DatabaseError& error) {
  return error.context.starts_with("COPY ") || error.context.find("\nCOPY ") != std::string::npos;
}

bool fits(const Rule& rule, const DatabaseError& error) {
  if (error.sqlstate.empty() || !error.sqlstate.starts_with(rule.code)) return false;
  switch (rule.only) {
    case Only::always:
      return true;
    case Only::inside_copy:
      return inside_copy(error);
    case Only::without_constraint:
      return error.constraint.empty();
  }
  return false;
}

const Rule* rule_for(const DatabaseError& error) {
  const auto* const rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) { return fits(r, error); });
  return rule == kRules.end() ? nullptr : rule;
}

}  // namespace

std::span<const SqlstateRule> sqlstate_rules() { return kRules; }

batch::OutcomeKind outcome_of(const DatabaseError& error) {
  if (error.sqlstate.empty()) return kRetry;
  const Rule* const rule = rule_for(error);
  return rule == nullptr ? kStopTopic : rule->outcome;
}

bool leaves_in_doubt(const DatabaseError& error) {
  if (error.sqlstate.empty()) return true;
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->in_doubt;
}

bool blames_a_row(const DatabaseError& error, bool merged) {
  const Rule* const rule = rule_for(error);
  if (rule == nullptr) return false;
  return rule->blames == Blames::a_row || (merged && rule->blames == Blames::a_row_when_merged);
}

bool passes_by_itself(const DatabaseError& error) { return outcome_of(error) == kRetry; }

bool not_set_up(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->not_set_up;
}

bool is_duplicate_key(const DatabaseError& error) { return error.sqlstate == "23505"; }
bool is_own_timeout(const DatabaseError& error) { return error.sqlstate == "57014"; }
bool met_a_lock(const DatabaseError& error) { return error.sqlstate == "55P03"; }
bool lacks_a_privilege(const DatabaseError& error) { return error.sqlstate == "42501"; }

RejectReason reject_reason(const DatabaseError& error) {
  const std::string_view state = error.sqlstate;
  if (state == "23505") return RejectReason::unique_violation;
  if (state == "23502") return RejectReason::not_null_violation;
  if (state == "23503") return RejectReason::foreign_key_violation;
  if (state == "23514") return RejectReason::check_violation;
  if (state == "23P01") return RejectReason::exclusion_violation;
  return RejectReason::rejected_by_database;
}

}  // namespace loom::sink
