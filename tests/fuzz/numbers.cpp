#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "check.h"
#include "decode/number.h"
#include "encode/numeric.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using decode::NumberParts;
using decode::Parsed;

/// Digits without zeros at either end, and the power of ten of the last of them: equal numbers look equal.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

Decimal normal(bool negative, std::string digits, std::int64_t exponent) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  digits.erase(0, first);
  const std::size_t size = digits.find_last_not_of('0') + 1;
  exponent += static_cast<std::int64_t>(digits.size() - size);
  digits.resize(size);
  return {negative, digits, exponent};
}

Decimal written(const NumberParts& parts) {
  return normal(parts.negative, std::string(parts.integer) + std::string(parts.fraction),
                parts.exponent - static_cast<std::int64_t>(parts.fraction.size()));
}

std::uint16_t be16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

/// PostgreSQL's binary numeric, read back.
Decimal stored(std::string_view field) {
  check(field.size() >= 8, "a numeric without its head");
  const std::size_t count = be16(field, 0);
  const auto weight = static_cast<std::int16_t>(be16(field, 2));
  check(field.size() == 8 + 2 * count, "a numeric's length");
  std::string digits;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string group = std::to_string(be16(field, 8 + 2 * i));
    check(group.size() <= 4, "a numeric's digit");
    digits += std::string(4 - group.size(), '0') + group;
  }
  return normal(be16(field, 4) == 0x4000, digits, 4 * (std::int64_t{weight} - static_cast<std::int64_t>(count) + 1));
}

void check_numeric(std::string_view text, bool is_number, const NumberParts& parts) {
  const Parsed parsed = encode::check_numeric(text);
  const bool special = decode::special_number(text) != decode::SpecialNumber::none;
  check((parsed == Parsed::invalid) == (!is_number && !special), "numeric takes other texts than split_number()");
  if (parsed != Parsed::ok) return;
  ByteBuffer field;
  encode::append_numeric(text, field);
  if (special) {
    check(field.size() == 8, "a special numeric's length");
    return;
  }
  check(stored(field.view()) == written(parts), "numeric stores another number", std::string(text));
}

bool only_number_characters(std::string_view text) {
  return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

template <typename Float>
Float standard(const char* text, char** end);
template <>
double standard<double>(const char* text, char** end) {
  return std::strtod(text, end);
}
template <>
float standard<float>(const char* text, char** end) {
  return std::strtof(text, end);
}

/// The C library rounds correctly too: the same bits are wanted.
template <typename Float>
void check_floating(const std::string& text, bool is_number, const NumberParts& parts, Parsed parsed, Float value) {
  if (!only_number_characters(text) || text.empty()) return;
  char* end = nullptr;
  errno = 0;
  const Float expected = standard<Float>(text.c_str(), &end);
  const bool whole = *end == '\0';
  check(is_number == whole, "the C library takes other texts", text);
  if (!whole) return;
  const bool lost = std::isinf(expected) || (expected == 0 && !parts.is_zero());
  check((parsed == Parsed::out_of_range) == lost, "the C library sees another range", text);
  if (parsed != Parsed::ok) return;
  check(std::memcmp(&value, &expected, sizeof value) == 0, "the C library rounds to another number", text);
}

/// A long double holds 64 bits: its integer part is off by one at most where an int64 can hold it.
void check_integer(const std::string& text, bool is_number) {
  std::int64_t value = 0;
  const Parsed parsed = decode::parse_integer(text, value);
  check((parsed == Parsed::invalid) == !is_number, "integers are taken from other texts than split_number() takes",
        text);
  if (!is_number || !only_number_characters(text)) return;
  const long double expected = std::trunc(std::strtold(text.c_str(), nullptr));
  constexpr long double kLimit = 9'223'372'036'854'775'808.0L;
  if (parsed == Parsed::ok) {
    check(std::fabs(static_cast<long double>(value) - expected) <= 1, "an integer is another number", text);
    std::int64_t again = 0;
    check(decode::parse_integer(std::to_string(value), again) == Parsed::ok && again == value, "an integer's way back");
  } else {
    check(expected >= kLimit - 2 || expected <= -kLimit + 2, "an integer in range is said to be out of it", text);
  }
}

}  // namespace

void numbers(std::string_view bytes) {
  const std::string text(bytes);
  NumberParts parts;
  const bool is_number = decode::split_number(text, parts);
  check_integer(text, is_number);
  check_numeric(text, is_number, parts);

  double wide = 0;
  const Parsed as_double = decode::parse_double(text, wide);
  check_floating(text, is_number, parts, as_double, wide);
  float narrow = 0;
  const Parsed as_float = decode::parse_float(text, narrow);
  check_floating(text, is_number, parts, as_float, narrow);
  check((as_double == Parsed::invalid) == (as_float == Parsed::invalid), "float4 and float8 take different texts");
  const bool special = decode::special_number(text) != decode::SpecialNumber::none;
  check((as_double == Parsed::invalid) == (!is_number && !special), "float8 takes other texts than split_number()");
}

}  // namespace loom::fuzz
