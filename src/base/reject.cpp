#include "base/reject.h"

namespace loom {

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::tombstone:
      return "tombstone";
    case RejectReason::invalid_json:
      return "invalid_json";
    case RejectReason::not_an_object:
      return "not_an_object";
    case RejectReason::missing_required_field:
      return "missing_required_field";
    case RejectReason::conversion_failed:
      return "conversion_failed";
    case RejectReason::out_of_range:
      return "out_of_range";
    case RejectReason::invalid_text:
      return "invalid_text";
    case RejectReason::unknown_schema:
      return "unknown_schema";
    case RejectReason::schema_mismatch:
      return "schema_mismatch";
    case RejectReason::not_decodable:
      return "not_decodable";
    case RejectReason::unique_violation:
      return "unique_violation";
    case RejectReason::not_null_violation:
      return "not_null_violation";
    case RejectReason::foreign_key_violation:
      return "foreign_key_violation";
    case RejectReason::check_violation:
      return "check_violation";
    case RejectReason::exclusion_violation:
      return "exclusion_violation";
    case RejectReason::rejected_by_database:
      return "rejected_by_database";
  }
  return "unknown";
}

}  // namespace loom
