#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::decode {

/// Six digits of a fraction were read; what follows is rounded as PostgreSQL does it. `at` moves behind the digits.
std::int64_t round_micros(std::int64_t micros, const char*& at, const char* end);

/// A cursor over a text that names a time; every function that reads leaves it where it was when it fails.
struct TimeReader {
  const char* at;
  const char* end;

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end - at); }
  [[nodiscard]] bool at_digit() const { return at != end && static_cast<unsigned char>(*at - '0') <= 9; }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool two_digits(int& value) {
    if (left() < 2) return false;
    const unsigned tens = static_cast<unsigned char>(at[0] - '0');
    const unsigned ones = static_cast<unsigned char>(at[1] - '0');
    if (tens > 9 || ones > 9) return false;
    value = static_cast<int>(tens * 10 + ones);
    at += 2;
    return true;
  }
  /// Any number of digits; those beyond the sixth round the sixth, so that it may become a whole second.
  bool micros(std::int64_t& value) {
    static constexpr std::array<std::int64_t, 6> kScale{1'000'000, 100'000, 10'000, 1'000, 100, 10};
    const char* const begin = at;
    const char* const sixth = left() > 6 ? at + 6 : end;
    value = 0;
    for (; at != sixth && static_cast<unsigned char>(*at - '0') <= 9; ++at) value = value * 10 + (*at - '0');
    const auto count = static_cast<std::size_t>(at - begin);
    if (count == 6) {
      if (at_digit()) value = round_micros(value, at, end);
      return true;
    }
    value *= kScale[count];
    return count != 0;
  }
};

}  // namespace loom::decode
