#pragma once

#include <cstdint>

namespace loom::decode {

/// How reading a value from text went. The two failures become different dead letters.
enum class Parsed : std::uint8_t {
  ok,
  invalid,       ///< not a value of this type
  out_of_range,  ///< one, but the type cannot hold it
};

}  // namespace loom::decode
