#pragma once

#include <cstdint>
#include <string_view>

namespace loom::formats {

/// How the bytes of a topic's values, or of its keys, are to be read.
enum class Format : std::uint8_t {
  json,
  json_schema,  ///< JSON behind a registry's framing
  avro,
  protobuf,
  automatic,  ///< a registry's framing where there is one, whatever the schema's kind; else JSON
  text,       ///< one text
  bytes,      ///< one run of bytes
};

}  // namespace loom::formats
