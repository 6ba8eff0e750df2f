#pragma once

#include <string_view>

#include "base/byte_buffer.h"

namespace loom::decode {

/// Appends what a base64 text encodes: the standard or the URL-safe alphabet, padding optional, white space anywhere.
/// False: it is something else (`out` may then hold a part). Strict: no foreign characters, no single left-over digit,
/// no padding but at the end.
bool decode_base64(std::string_view text, ByteBuffer& out);

/// Appends the bytes in the standard alphabet, padded.
void append_base64(std::string_view bytes, ByteBuffer& out);

}  // namespace loom::decode
