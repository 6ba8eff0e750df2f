#pragma once

#include <cstdint>
#include <string_view>

#include "decode/parsed.h"

namespace loom::decode {

/// A decimal number taken apart: (-1)^negative * integer.fraction * 10^exponent. Views into the text.
struct NumberParts {
  bool negative = false;
  std::string_view integer;   ///< digits, possibly none
  std::string_view fraction;  ///< digits, possibly none
  std::int64_t exponent = 0;  ///< clamped to +-10^9: beyond it no type tells the difference

  [[nodiscard]] bool is_zero() const;
};

/// Numbers as JSON has them and, since numeric strings count as numbers, also with spaces around, a leading plus or
/// zeros, and without digits on one side of the point. No NaN, no infinity, no hexadecimal.
bool split_number(std::string_view text, NumberParts& parts);

/// The integer part: what follows the point is cut off, exponents are honoured, all 64 bits are exact.
Parsed parse_integer(std::string_view text, std::int64_t& value);

/// The integer part of the number times a power of ten, as exact: 1.5 with 3 is 1500.
Parsed parse_scaled(std::string_view text, int power_of_ten, std::int64_t& value);

/// The digits before the point, once the exponent has moved it. False: they do not fit.
bool integer_part(const NumberParts& parts, std::uint64_t& magnitude);

/// Correctly rounded; a number too large, or too small to be told from zero, is out of range, as PostgreSQL has it.
/// Here NaN and [-]Infinity (also `inf`, any case) are numbers.
Parsed parse_double(std::string_view text, double& value);
/// The same, rounded once from the text: not by way of double, which would round twice.
Parsed parse_float(std::string_view text, float& value);

/// Which of the numbers that have no digits a text names.
enum class SpecialNumber : std::uint8_t { none, nan, infinity, negative_infinity };
SpecialNumber special_number(std::string_view text);

/// Without ASCII white space at either end.
std::string_view trim(std::string_view text);

}  // namespace loom::decode
