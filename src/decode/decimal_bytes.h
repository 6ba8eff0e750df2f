#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"

namespace loom::decode {

/// Appends the number that `bytes` hold, a big-endian two's complement of any length, divided by 10^scale: its digits,
/// exact, with `scale` of them behind the point; a negative scale puts zeros behind. `limbs` is room for reuse.
/// Fails: false for more digits than numeric can hold.
bool append_decimal(std::string_view bytes, int scale, std::vector<std::uint32_t>& limbs, ByteBuffer& out);

}  // namespace loom::decode
