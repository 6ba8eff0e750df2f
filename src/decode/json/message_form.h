#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/reject.h"

namespace loom::decode {

/// The JSON text inside the bytes of a record's value or key.
struct JsonPart {
  std::string_view text;
  std::size_t skipped = 0;  ///< bytes in front of it
};

/// The bytes without a UTF-8 byte order mark in front, and without NUL bytes and blanks behind.
JsonPart json_part(std::string_view bytes);

/// The reject for bytes that are no JSON message, in words that say what they are where that is certain: a schema
/// registry's format, another encoding of text, a compressed file, several JSON values. Only for what failed: it reads
/// the bytes once more.
/// `what`: "value" or "key". `problem`: what the decoder found, used where nothing better is known.
Reject not_json(std::string_view what, std::string_view bytes, const std::string& problem);

}  // namespace loom::decode
