#include "decode/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace loom::decode {
namespace {

constexpr std::int64_t kExponentClamp = 1'000'000'000;

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool all_zero(std::string_view digits) { return digits.find_first_not_of('0') == std::string_view::npos; }

const char* skip_digits(const char* p, const char* end) {
  while (p != end && is_digit(*p)) ++p;
  return p;
}

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

constexpr std::array<double, 23> kPowersOfTen{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// The common numbers: at most 19 digits that make at most 2^53, no exponent in the text, few decimals. Both operands
/// of the one division are then exact, so its result is correctly rounded. False: not such a number.
bool parse_short(std::string_view text, double& value) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  if (end - p > 19 || p == end || !is_digit(*p)) return false;
  std::uint64_t mantissa = 0;
  for (; p != end && is_digit(*p); ++p) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
  std::size_t decimals = 0;
  if (p != end) {
    if (*p != '.') return false;
    const char* const fraction = ++p;
    for (; p != end && is_digit(*p); ++p) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
    if (p != end || p == fraction) return false;
    decimals = static_cast<std::size_t>(p - fraction);
  }
  if (mantissa > (std::uint64_t{1} << 53U)) return false;
  const double magnitude = static_cast<double>(mantissa) / kPowersOfTen[decimals];
  value = negative ? -magnitude : magnitude;
  return true;
}

template <typename Float>
Parsed parse_any(std::string_view text, Float& value) {
  text = trim(text);
  NumberParts parts;
  if (!split_number(text, parts)) {
    switch (special_number(text)) {
      case SpecialNumber::nan:
        value = std::numeric_limits<Float>::quiet_NaN();
        return Parsed::ok;
      case SpecialNumber::infinity:
        value = std::numeric_limits<Float>::infinity();
        return Parsed::ok;
      case SpecialNumber::negative_infinity:
        value = -std::numeric_limits<Float>::infinity();
        return Parsed::ok;
      case SpecialNumber::none:
        return Parsed::invalid;
    }
  }
  if (text.front() == '+') text.remove_prefix(1);
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return Parsed::out_of_range;
  if (error != std::errc() || last != text.data() + text.size()) return Parsed::invalid;
  if (std::isinf(value) || (value == 0 && !parts.is_zero())) return Parsed::out_of_range;
  return Parsed::ok;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool NumberParts::is_zero() const { return all_zero(integer) && all_zero(fraction); }

bool split_number(std::string_view text, NumberParts& parts) {
  text = trim(text);
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p == end) return false;
  parts.negative = *p == '-';
  if (*p == '-' || *p == '+') ++p;
  const char* const integer = p;
  p = skip_digits(p, end);
  parts.integer = between(integer, p);
  parts.fraction = {};
  parts.exponent = 0;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    p = skip_digits(p, end);
    parts.fraction = between(fraction, p);
  }
  if (parts.integer.empty() && parts.fraction.empty()) return false;
  if (p == end) return true;
  if ((*p | 0x20) != 'e') return false;
  ++p;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (p == end) return false;
  for (; p != end; ++p) {
    if (!is_digit(*p)) return false;
    parts.exponent = std::min(parts.exponent * 10 + (*p - '0'), kExponentClamp);
  }
  if (negative) parts.exponent = -parts.exponent;
  return true;
}

bool integer_part(const NumberParts& parts, std::uint64_t& magnitude) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  magnitude = 0;
  if (parts.is_zero()) return true;
  // The digits before the point, once the exponent has moved it.
  const std::int64_t size = static_cast<std::int64_t>(parts.integer.size());
  const std::int64_t wanted = size + parts.exponent;
  const std::int64_t limit = size + static_cast<std::int64_t>(parts.fraction.size());
  for (std::int64_t i = 0; i < wanted; ++i) {
    char digit = '0';
    if (i < size) {
      digit = parts.integer[static_cast<std::size_t>(i)];
    } else if (i < limit) {
      digit = parts.fraction[static_cast<std::size_t>(i - size)];
    }
    const auto value = static_cast<std::uint64_t>(digit - '0');
    // Leading zeros never get here with a magnitude, so this ends after 20 digits, whatever the exponent.
    if (magnitude > (kMost - value) / 10) return false;
    magnitude = magnitude * 10 + value;
  }
  return true;
}

Parsed parse_integer(std::string_view text, std::int64_t& value) {
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && last == text.data() + text.size()) return Parsed::ok;
  return parse_scaled(text, 0, value);
}

Parsed parse_scaled(std::string_view text, int power_of_ten, std::int64_t& value) {
  NumberParts parts;
  if (!split_number(text, parts)) return Parsed::invalid;
  parts.exponent += power_of_ten;
  std::uint64_t magnitude = 0;
  if (!integer_part(parts, magnitude)) return Parsed::out_of_range;
  const std::uint64_t largest = (std::uint64_t{1} << 63U) - (parts.negative ? 0 : 1);
  if (magnitude > largest) return Parsed::out_of_range;
  value = static_cast<std::int64_t>(parts.negative ? 0 - magnitude : magnitude);
  return Parsed::ok;
}

Parsed parse_double(std::string_view text, double& value) {
  return parse_short(text, value) ? Parsed::ok : parse_any(text, value);
}

Parsed parse_float(std::string_view text, float& value) {
  // Rounding the correctly rounded double again is wrong only where that double lies exactly between two floats.
  constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29U) - 1;
  double wide = 0;
  if (parse_short(text, wide) && (std::bit_cast<std::uint64_t>(wide) & kDropped) != (std::uint64_t{1} << 28U)) {
    const double size = std::fabs(wide);
    if (size == 0 || (size >= std::numeric_limits<float>::min() && size <= std::numeric_limits<float>::max())) {
      value = static_cast<float>(wide);
      return Parsed::ok;
    }
  }
  return parse_any(text, value);
}

SpecialNumber special_number(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  const bool sign = negative || text.starts_with('+');
  if (sign) text.remove_prefix(1);
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("nan")) return sign ? SpecialNumber::none : SpecialNumber::nan;
  if (!is("infinity") && !is("inf")) return SpecialNumber::none;
  return negative ? SpecialNumber::negative_infinity : SpecialNumber::infinity;
}

}  // namespace loom::decode
