#include "batch/outcome.h"

namespace loom::batch {

std::string_view to_string(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::committed:
      return "committed";
    case OutcomeKind::retry:
      return "retry";
    case OutcomeKind::in_doubt:
      return "in_doubt";
    case OutcomeKind::stale:
      return "stale";
    case OutcomeKind::catalog_changed:
      return "catalog_changed";
    case OutcomeKind::stop_topic:
      return "stop_topic";
  }
  return "unknown";
}

}  // namespace loom::batch
