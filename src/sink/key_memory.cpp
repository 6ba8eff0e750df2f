#include "sink/key_memory.h"

#include <algorithm>

namespace loom::sink {

bool KeyMemory::meet(std::uint64_t hash) {
  // Nobody waits for anybody: two threads that write into one line at once may lose a key of it, which costs a hint.
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Lines& all = lines();
  const std::size_t index = hash % kLines;
  const auto key = std::max<std::uint32_t>(static_cast<std::uint32_t>(hash >> 32U), 1);
  Line& line = all.line[index];
  bool met = false;
  for (const auto& kept : line.keys) met |= kept.load(kRelaxed) == key;
  if (met) return true;
  const std::uint8_t at = all.oldest[index].load(kRelaxed);
  line.keys[at % kWays].store(key, kRelaxed);
  all.oldest[index].store(static_cast<std::uint8_t>(at + 1), kRelaxed);
  return false;
}

}  // namespace loom::sink
