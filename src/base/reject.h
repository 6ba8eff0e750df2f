#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loom {

/// Why one message became a dead letter instead of a row. The names are what `kafka_dead_letters.reason` holds.
enum class RejectReason : std::uint8_t {
  tombstone,               ///< the record has no value, or an empty one
  invalid_json,            ///< not JSON: truncated, not UTF-8, nested too deep
  not_an_object,           ///< JSON, but its root is not an object
  missing_required_field,  ///< a required field is absent or null
  conversion_failed,       ///< a value is there and cannot become the column's type
  out_of_range,            ///< a number that the column's type cannot hold
  invalid_text,            ///< a NUL character in a text value
  unknown_schema,          ///< the schema registry does not know the schema that the message names
  schema_mismatch,         ///< the message's schema is of another kind than the mapping says, or cannot fit it
  not_decodable,           ///< the bytes are not of their schema
  unique_violation,        ///< SQLSTATE 23505 on an index that is not the topic's upsert key
  not_null_violation,      ///< SQLSTATE 23502
  foreign_key_violation,   ///< SQLSTATE 23503
  check_violation,         ///< SQLSTATE 23514
  exclusion_violation,     ///< SQLSTATE 23P01
  rejected_by_database,    ///< any other SQLSTATE that blames the row
};
inline constexpr std::size_t kRejectReasons = 16;

std::string_view to_string(RejectReason reason);

/// Why a message was refused, for a person: `message` names the column or field and shows what was there.
struct Reject {
  RejectReason reason = RejectReason::invalid_json;
  std::string message;
  std::string sqlstate;  ///< empty when PostgreSQL had no part in it
};

}  // namespace loom
