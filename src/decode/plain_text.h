#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace loom::decode {

/// Whether the text is ASCII without a NUL, as most are: eight characters at a time.
[[gnu::always_inline]] inline bool is_plain_text(const char* text, std::size_t size) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHigh = 0x8080'8080'8080'8080;
  std::uint64_t word = kOnes;
  std::uint64_t seen = 0;
  // A character below 1 borrows into its highest bit, and one above 127 has it. A neighbour that borrows may be taken
  // for one by mistake, which costs no more than a closer look.
  if (size >= 8) {
    const char* const last = text + size - 8;
    for (; text < last; text += 8) {
      std::memcpy(&word, text, 8);
      seen |= word | (word - kOnes);
    }
    std::memcpy(&word, last, 8);
  } else if (size >= 4) {
    std::uint32_t front = 0;
    std::uint32_t back = 0;
    std::memcpy(&front, text, 4);
    std::memcpy(&back, text + size - 4, 4);
    word = std::uint64_t{front} << 32U | back;
  } else {
    for (std::size_t i = 0; i < size; ++i) word = word << 8U | static_cast<unsigned char>(text[i]);
  }
  seen |= word | (word - kOnes);
  return (seen & kHigh) == 0;
}

/// Whether the text is UTF-8; `nul`: it holds a NUL character.
bool is_text(std::string_view text, bool& nul);

}  // namespace loom::decode
