#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_buffer.h"
#include "decode/parsed.h"

namespace loom::encode {

/// Whether the text is a number that `numeric` can hold: at most 131,072 digits before the point and 16,383 behind it.
/// NaN and [-]Infinity are.
decode::Parsed check_numeric(std::string_view text);

/// Whether a numeric column of this type modifier (-1: none) takes the number, once the database has rounded it to the
/// column's scale, half away from zero: 999.994 fits numeric(5,2), 999.995 does not. No infinity fits a modifier; NaN
/// does. Only for texts that check_numeric() accepts.
bool fits_modifier(std::string_view text, std::int32_t modifier);

/// Appends numeric's binary form (without a field length): digits to base 10,000 and the scale as written, so that
/// `1.50` stays `1.50`. Only for texts that check_numeric() accepts.
void append_numeric(std::string_view text, ByteBuffer& out);

}  // namespace loom::encode
