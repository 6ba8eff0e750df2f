#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace loom::decode {

/// A number of variable length, seven bits to a byte and the lowest first, as Avro and Protobuf have it. Reads eight
/// bytes, however few of them are the number's. The place behind it, or nullptr where it goes on behind the eighth.
inline const char* varint_of_eight_bytes(const char* at, std::uint64_t& number) {
  constexpr std::uint64_t kHigh = 0x8080'8080'8080'8080;
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  const std::uint64_t stops = ~word & kHigh;
  if (stops == 0) return nullptr;
  // The bytes up to the last one of the number, each without its highest bit, are pushed together, two by two.
  word &= stops ^ (stops - 1);
  word &= ~kHigh;
  word = (word & 0x007F'007F'007F'007F) | (word & 0x7F00'7F00'7F00'7F00) >> 1U;
  word = (word & 0x0000'3FFF'0000'3FFF) | (word & 0x3FFF'0000'3FFF'0000) >> 2U;
  number = (word & 0x0FFF'FFFF) | (word & 0x0FFF'FFFF'0000'0000) >> 4U;
  return at + static_cast<unsigned>(std::countr_zero(stops)) / 8U + 1;
}

}  // namespace loom::decode
