#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_buffer.h"
#include "decode/value.h"

namespace loom::decode {

/// Which of its forms a typed value takes where JSON has two.
struct PlainWish {
  bool number = false;   ///< of times and enumerations: their number rather than their text
  int unit_digits = -1;  ///< of that number of a time: a second is 10^unit_digits units; -1: the value's own unit
};

/// Room for what plain_form() writes. One value at a time.
struct PlainRoom {
  ByteBuffer text;
  std::vector<std::uint32_t> limbs;
};

/// A typed value as JSON would have it, so that what holds for JSON holds for every format: numbers as `number`, exact;
/// bytes in Base64; instants in UTC by ISO 8601, `Z` behind; NaN and infinities as texts of these names. What no such
/// text can name (a time of 25 hours, a year beyond PostgreSQL's) is its number. Other values come back as they are.
/// A view into `room` or into the value.
Value plain_form(const Value& value, PlainWish wish, PlainRoom& room);

/// Appends a single value as JSON text: any kind but arrays and objects without text.
void append_json(const Value& value, PlainRoom& room, ByteBuffer& out);

}  // namespace loom::decode
