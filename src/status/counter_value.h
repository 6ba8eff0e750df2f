#pragma once

#include <atomic>
#include <cstdint>

namespace loom::status {

/// What a counter says just now; each is read by itself.
inline std::uint64_t value(const std::atomic<std::uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace loom::status
