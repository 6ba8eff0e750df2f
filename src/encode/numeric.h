#pragma once

#include <string_view>

#include "base/byte_buffer.h"
#include "decode/parsed.h"

namespace loom::encode {

/// Whether the text is a number that `numeric` can hold: at most 131,072 digits before the point and 16,383 behind it.
/// NaN and [-]Infinity are.
decode::Parsed check_numeric(std::string_view text);

/// Appends numeric's binary form (without a field length): digits to base 10,000 and the scale as written, so that
/// `1.50` stays `1.50`. Only for texts that check_numeric() accepts.
void append_numeric(std::string_view text, ByteBuffer& out);

}  // namespace loom::encode
