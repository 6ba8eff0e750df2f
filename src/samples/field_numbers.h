#pragma once

#include <cstddef>

namespace loom::samples {

/// The number of a message's field by its place; 19000 to 19999 are Protobuf's own.
constexpr std::size_t field_number(std::size_t place) {
  constexpr std::size_t kReserved = 19'000;
  return place + 1 < kReserved ? place + 1 : place + 1 + 1000;
}

}  // namespace loom::samples
