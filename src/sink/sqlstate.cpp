#include "sink/sqlstate.h"

#include <algorithm>
#include <array>
#include <string>

namespace loom::sink {

constexpr std::string_view kDeadLettersNotThere = "KO002";

namespace {

using batch::Cause;
using Rule = SqlstateRule;
using Only = SqlstateRule::Only;
using Blames = SqlstateRule::Blames;
using Fewer = SqlstateRule::Fewer;

constexpr auto kRetry = batch::OutcomeKind::retry;
constexpr auto kStale = batch::OutcomeKind::stale;
constexpr auto kCatalogChanged = batch::OutcomeKind::catalog_changed;
constexpr auto kStopTopic = batch::OutcomeKind::stop_topic;

// A condition stands before its code without one, and a code before its class. Whoever adds a line adds it to the test
// and to docs/architecture.md, too.
constexpr std::array kRules{
    Rule{.code = "KO001",
         .says = "the stored offsets are not those that the batch believes in",
         .cause = Cause::none,
         .outcome = kStale},
    Rule{.code = kDeadLettersNotThere,
         .says = "a replay's dead letters are gone, or another replay has them",
         .cause = Cause::none,
         .outcome = kStale},
    Rule{.code = "08007",
         .says = "it is not known how the transaction ended",
         .cause = Cause::away,
         .outcome = kRetry,
         .in_doubt = true},
    Rule{.code = "08P01",
         .says = "protocol violation",
         .outcome = kCatalogChanged,
         .only = Only::inside_copy,
         .blames = Blames::with_evidence},
    Rule{.code = "08P01", .says = "protocol violation", .outcome = kStopTopic},
    Rule{.code = "08", .says = "the connection failed", .cause = Cause::away, .outcome = kRetry},
    Rule{.code = "HV00N", .says = "a foreign table's server does not answer", .outcome = kRetry},
    Rule{.code = "40003", .says = "it is not known how the statement ended", .outcome = kRetry, .in_doubt = true},
    Rule{.code = "40001", .says = "serialization failure", .cause = Cause::conflict, .outcome = kRetry},
    Rule{.code = "40P01", .says = "deadlock", .cause = Cause::conflict, .outcome = kRetry},
    Rule{.code = "53200",
         .says = "no memory left",
         .cause = Cause::out_of_memory,
         .outcome = kRetry,
         .fewer = Fewer::when_repeated},
    Rule{.code = "53400", .says = "a limit of a setting was passed", .outcome = kRetry, .fewer = Fewer::at_once},
    Rule{.code = "53100", .says = "the disk is full", .cause = Cause::disk_full, .outcome = kRetry},
    Rule{.code = "53300", .says = "no connection left", .cause = Cause::too_many_connections, .outcome = kRetry},
    Rule{.code = "53", .says = "a resource of the server is used up", .outcome = kRetry},
    Rule{.code = "55P03",
         .says = "a lock was held for longer than the lock timeout",
         .cause = Cause::locked,
         .outcome = kRetry},
    Rule{.code = "57014",
         .says = "the statement was cancelled, by our statement timeout mostly",
         .cause = Cause::timeout,
         .outcome = kRetry,
         .fewer = Fewer::when_repeated},
    Rule{.code = "57",
         .says = "an operator stopped the server or ended the session",
         .cause = Cause::away,
         .outcome = kRetry},
    Rule{.code = "58", .says = "the server's system failed: a file or a disk", .outcome = kRetry},
    Rule{.code = "25006",
         .says = "the server is read-only: a failover is under way",
         .cause = Cause::read_only,
         .outcome = kRetry},
    Rule{.code = "25P04",
         .says = "the transaction took too long",
         .cause = Cause::timeout,
         .outcome = kRetry,
         .fewer = Fewer::at_once},
    Rule{.code = "25P03", .says = "the transaction was idle for too long", .cause = Cause::timeout, .outcome = kRetry},
    Rule{.code = "XX001", .says = "the table is damaged"},
    Rule{.code = "XX002", .says = "an index is damaged"},
    Rule{.code = "22P03",
         .says = "binary data that do not fit the column's type",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_evidence},
    Rule{.code = "22P04",
         .says = "COPY data that do not fit the table",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_evidence},
    Rule{.code = "42P01",
         .says = "no such table",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_a_neighbour,
         .not_set_up = true},
    Rule{.code = "42703",
         .says = "no such column",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_a_neighbour,
         .not_set_up = true},
    Rule{.code = "42883",
         .says = "no such function",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_a_neighbour,
         .not_set_up = true},
    Rule{.code = "42501",
         .says = "a privilege is missing",
         .cause = Cause::no_privilege,
         .outcome = kCatalogChanged,
         .blames = Blames::with_a_neighbour,
         .not_set_up = true},
    Rule{.code = "42",
         .says = "the statement does not fit the database",
         .cause = Cause::schema,
         .outcome = kCatalogChanged,
         .blames = Blames::with_a_neighbour},
    Rule{.code = "3F000",
         .says = "no such schema",
         .cause = Cause::schema,
         .blames = Blames::with_a_neighbour,
         .not_set_up = true},
    Rule{.code = "55", .says = "something is not in the state that was expected", .blames = Blames::with_a_neighbour},
    Rule{.code = "HV", .says = "a foreign table's wrapper failed", .blames = Blames::with_a_neighbour},
    // Keys can be equal whose bytes are not (citext, numeric), so a merge may bring the same key twice.
    Rule{.code = "21000", .says = "one INSERT met the same row twice", .blames = Blames::a_row_when_merged},
    Rule{.code = "23505", .says = "a row met another one in a unique index", .blames = Blames::a_row},
    Rule{.code = "23514",
         .says = "the table has no partition for the row",
         .cause = Cause::schema,
         .only = Only::without_constraint,
         .blames = Blames::a_row_as_mapped},
    Rule{.code = "2200H", .says = "a sequence is used up"},
    Rule{.code = "22", .says = "a value that its column does not take", .blames = Blames::a_row},
    Rule{.code = "23", .says = "a constraint does not allow the row", .blames = Blames::a_row},
    Rule{.code = "54000", .says = "a limit of the server: a value too large for its index", .blames = Blames::a_row},
    Rule{.code = "54001", .says = "a limit of the server: a value nested too deeply", .blames = Blames::a_row},
    Rule{.code = "P0001", .says = "a trigger refused the row", .blames = Blames::a_row},
    Rule{.code = "XX000",
         .says = "internal error",
         .outcome = kCatalogChanged,
         .only = Only::inside_copy,
         .blames = Blames::with_evidence},
    Rule{.code = "", .says = "any other code", .blames = Blames::with_evidence},
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
  return rule == kRules.end() ? nullptr : rule;  // only without an SQLSTATE there is none
}

/// What libpq and poolers say, always in English. The first line whose words are in a message counts.
struct Words {
  std::string_view words;
  Cause cause;
};
constexpr std::array kWords{
    // PgBouncer, Pgpool-II; the server's own where only its words come through
    Words{"max_client_conn", Cause::too_many_connections},
    Words{"max_db_client_connections", Cause::too_many_connections},
    Words{"max_user_client_connections", Cause::too_many_connections},
    Words{"query_wait_timeout", Cause::too_many_connections},
    Words{"too many clients", Cause::too_many_connections},
    Words{"too many connections", Cause::too_many_connections},
    Words{"remaining connection slots", Cause::too_many_connections},
    Words{"authentication failed", Cause::login_refused},
    Words{"no pg_hba.conf entry", Cause::login_refused},
    Words{"is not permitted to log in", Cause::login_refused},
    Words{"no such user", Cause::login_refused},
    Words{"no such database", Cause::login_refused},
    // libpq
    Words{"session is read-only", Cause::read_only},
    Words{"server is in hot standby mode", Cause::read_only},
    Words{"no password supplied", Cause::login_refused},
    Words{"SSL was required", Cause::login_refused},
    Words{"certificate verify failed", Cause::login_refused},
};

/// libpq has no code, and PgBouncer mostly one of this class, whatever it is about.
bool says_why(const DatabaseError& error) { return !error.sqlstate.empty() && !error.sqlstate.starts_with("08"); }

Cause cause_by_words(std::string_view message) {
  const auto* const found = std::find_if(kWords.begin(), kWords.end(), [message](const Words& one) {
    return message.find(one.words) != std::string_view::npos;
  });
  return found == kWords.end() ? Cause::away : found->cause;
}

}  // namespace

std::span<const SqlstateRule> sqlstate_rules() { return kRules; }

batch::OutcomeKind outcome_of(const DatabaseError& error) {
  if (error.sqlstate.empty()) return kRetry;
  return rule_for(error)->outcome;
}

Cause cause_of(const DatabaseError& error) {
  // A pooler that ends a session says why in words only.
  const Cause by_words = says_why(error) || inside_copy(error) ? Cause::none : cause_by_words(error.message);
  if (by_words != Cause::none && by_words != Cause::away) return by_words;
  const Rule* const rule = rule_for(error);
  return rule == nullptr ? Cause::away : rule->cause;
}

Cause cause_of_refusal(const DatabaseError& error) {
  if (!says_why(error)) return cause_by_words(error.message);
  // At the door these are about coming in: the password or pg_hba.conf, no such database, CONNECT on it, one that takes
  // no connections. Elsewhere they are not: a trigger may refuse a row with any of them.
  constexpr std::array<std::string_view, 4> kAtTheDoor{"28", "3D000", "42501", "55"};
  const bool refused = std::any_of(kAtTheDoor.begin(), kAtTheDoor.end(),
                                   [&](std::string_view code) { return error.sqlstate.starts_with(code); });
  return refused ? Cause::login_refused : cause_of(error);
}

std::string_view usual_sqlstate(Cause cause) {
  switch (cause) {
    case Cause::none:
    case Cause::away:
    case Cause::registry_away:
    case Cause::registry_refused:
      return "";
    case Cause::login_refused:
      return "28P01";
    case Cause::too_many_connections:
      return "53300";
    case Cause::read_only:
      return "25006";
    case Cause::disk_full:
      return "53100";
    case Cause::out_of_memory:
      return "53200";
    case Cause::no_privilege:
      return "42501";
    case Cause::schema:
      return "42P01";
    case Cause::locked:
      return "55P03";
    case Cause::timeout:
      return "57014";
    case Cause::conflict:
      return "40P01";
    case Cause::other:
      return "58030";
  }
  return "";
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

bool asks_for_evidence(const DatabaseError& error, bool merged) {
  const Rule* const rule = rule_for(error);
  if (rule == nullptr) return false;
  return rule->blames == Blames::with_evidence || rule->blames == Blames::with_a_neighbour ||
         (!merged && rule->blames == Blames::a_row_when_merged);
}

bool may_blame_a_row(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->blames != Blames::no_row;
}

bool wants_a_neighbour(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->blames == Blames::with_a_neighbour;
}

bool is_missing_partition(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->blames == Blames::a_row_as_mapped;
}

batch::TooLarge too_large(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  if (rule == nullptr || rule->fewer == Fewer::no) return batch::TooLarge::no;
  return rule->fewer == Fewer::at_once ? batch::TooLarge::surely : batch::TooLarge::perhaps;
}

bool hides_its_reason(const DatabaseError& error) { return error.sqlstate == "XX000"; }
bool is_not_supported(const DatabaseError& error) { return error.sqlstate == "0A000"; }

bool passes_by_itself(const DatabaseError& error) { return outcome_of(error) == kRetry; }

bool not_set_up(const DatabaseError& error) {
  const Rule* const rule = rule_for(error);
  return rule != nullptr && rule->not_set_up;
}

bool is_duplicate_key(const DatabaseError& error) { return error.sqlstate == "23505"; }
bool is_null_violation(const DatabaseError& error) { return error.sqlstate == "23502"; }
bool is_plain_raise(const DatabaseError& error) { return error.sqlstate == "P0001"; }
bool met_a_lock(const DatabaseError& error) { return error.sqlstate == "55P03"; }
bool lacks_a_privilege(const DatabaseError& error) { return error.sqlstate == "42501"; }

RejectReason reject_reason(const DatabaseError& error) {
  const std::string_view state = error.sqlstate;
  if (state == "23505") return RejectReason::unique_violation;
  if (state == "23502") return RejectReason::not_null_violation;
  if (state == "23503") return RejectReason::foreign_key_violation;
  if (state == "23514" && !is_missing_partition(error)) return RejectReason::check_violation;
  if (state == "23P01") return RejectReason::exclusion_violation;
  return RejectReason::rejected_by_database;
}

}  // namespace loom::sink
