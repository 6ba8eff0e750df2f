#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace loom::samples {

// How Avro and Protobuf put numbers on the wire, at the end of `out`.

inline void put_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
}

inline void put_zigzag(std::int64_t value, std::string& out) {
  put_varint((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63), out);
}

inline void put_little_endian(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// Puts a number in front of what stands from `begin` on, when it is known only afterwards. One byte is there for it.
inline void set_varint_before(std::uint64_t value, std::size_t begin, std::string& out) {
  std::size_t size = 1;
  for (std::uint64_t rest = value; rest >= 0x80; rest >>= 7U) ++size;
  if (size > 1) out.insert(begin, size - 1, '\0');
  for (std::size_t at = begin - 1; at + 1 < begin + size; ++at, value >>= 7U) {
    out[at] = static_cast<char>(at + 2 < begin + size ? value | 0x80U : value);
  }
}

}  // namespace loom::samples
