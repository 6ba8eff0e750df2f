#include "batch/outcome.h"

#include <utility>

namespace loom::batch {

std::string_view to_string(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::committed:
      return "committed";
    case OutcomeKind::retry:
      return "retry";
    case OutcomeKind::stale:
      return "stale";
    case OutcomeKind::catalog_changed:
      return "catalog_changed";
    case OutcomeKind::stop_topic:
      return "stop_topic";
  }
  return "unknown";
}

std::string_view to_string(const Outcome& outcome) {
  return outcome.in_doubt ? std::string_view("in_doubt") : to_string(outcome.kind);
}

Outcome Outcome::not_now(std::string message, Cause cause, std::string sqlstate) {
  Outcome outcome;
  outcome.kind = OutcomeKind::retry;
  outcome.cause = cause;
  outcome.sqlstate = std::move(sqlstate);
  outcome.message = std::move(message);
  return outcome;
}

std::string Outcome::why() const { return sqlstate.empty() ? message : sqlstate + " " + message; }

}  // namespace loom::batch
