#include "base/failpoints.h"

namespace loom {

std::string_view to_string(Failpoint point) {
  switch (point) {
    case Failpoint::polled:
      return "polled";
    case Failpoint::copying:
      return "copying";
    case Failpoint::writing_dead_letter:
      return "writing_dead_letter";
    case Failpoint::before_commit:
      return "before_commit";
    case Failpoint::commit_sent:
      return "commit_sent";
    case Failpoint::committed:
      return "committed";
    case Failpoint::revoking:
      return "revoking";
    case Failpoint::leaving:
      return "leaving";
  }
  return "?";
}

}  // namespace loom
