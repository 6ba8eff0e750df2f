#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/message.h"
#include "decode/make_decoder.h"
#include "decode/schema_source.h"

namespace loom::decode {

/// What a registry's serializers put around a message.
struct Frame {
  enum class Kind : std::uint8_t {
    none,       ///< there is no framing
    found,      ///< `id` and `payload`
    malformed,  ///< it begins like one, or says that it has one; see `problem`
  };
  Kind kind = Kind::none;
  SchemaId id;
  std::string_view payload;
  std::string_view indexes{};  ///< of Protobuf: those that a header has; empty: they are in front of the payload
  std::string problem{};
};

/// Reads the framing of a record's value or key: a schema id in the record's headers (`__value_schema_id`,
/// `__key_schema_id`: byte 1 and a GUID of 16 bytes, behind which Protobuf's message indexes stand, or byte 0 and an
/// id; confluent-kafka 2.16), or byte 0 and an id of `id_bytes` (4; 8 of Apicurio's older serializers) in front of the
/// payload. A header goes first. Pure.
Frame read_frame(std::string_view bytes, const Message& record, Part part, int id_bytes);

}  // namespace loom::decode
