#include "decode/decimal_bytes.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace loom::decode {
namespace {

// numeric holds 131,072 digits before the point and 16,383 behind it: 147,455 of them are 61,229 bytes.
constexpr std::size_t kMostBytes = 61'230;
constexpr std::uint32_t kGroup = 1'000'000'000;  // the most digits that a limb's remainder can give at once
constexpr std::size_t kGroupDigits = 9;

/// The magnitude in limbs, the lowest first, without zero limbs at the top.
void read_magnitude(std::string_view bytes, bool negative, std::vector<std::uint32_t>& limbs) {
  limbs.assign(bytes.size() / 4 + 1, 0);
  std::uint32_t carry = negative ? 1 : 0;  // two's complement: all bits turned, and one added
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::uint32_t byte = static_cast<unsigned char>(bytes[bytes.size() - 1 - i]);
    if (negative) {
      byte = (byte ^ 0xFFU) + carry;
      carry = byte >> 8U;
      byte &= 0xFFU;
    }
    limbs[i / 4] |= byte << (8 * (i % 4));
  }
  // Of -256, the byte that said no more than the sign is gone: its magnitude is one byte longer than the rest.
  limbs[bytes.size() / 4] |= carry << (8 * (bytes.size() % 4));
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

/// Divides by kGroup and gives the remainder.
std::uint32_t take_group(std::vector<std::uint32_t>& limbs) {
  std::uint64_t remainder = 0;
  for (std::size_t i = limbs.size(); i > 0; --i) {
    const std::uint64_t part = remainder << 32U | limbs[i - 1];
    limbs[i - 1] = static_cast<std::uint32_t>(part / kGroup);
    remainder = part % kGroup;
  }
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  return static_cast<std::uint32_t>(remainder);
}

}  // namespace

bool append_decimal(std::string_view bytes, int scale, std::vector<std::uint32_t>& limbs, ByteBuffer& out) {
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0;
  // Bytes that only repeat the sign say nothing.
  while (bytes.size() > 1 && bytes[0] == (negative ? '\xff' : '\0')) bytes.remove_prefix(1);
  if (bytes.size() > kMostBytes) return false;
  read_magnitude(bytes, negative, limbs);
  // From the last digit to the first, turned round at the end.
  std::string digits;
  while (!limbs.empty()) {
    std::uint32_t group = take_group(limbs);
    for (std::size_t i = 0; i < kGroupDigits; ++i) {
      digits += static_cast<char>('0' + group % 10);
      group /= 10;
    }
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  const bool zero = digits.empty();
  const std::size_t decimals = scale > 0 ? static_cast<std::size_t>(scale) : 0;
  if (digits.size() <= decimals) digits.append(decimals + 1 - digits.size(), '0');
  std::reverse(digits.begin(), digits.end());
  if (scale < 0 && !zero) digits.append(static_cast<std::size_t>(-scale), '0');
  if (negative) out.append('-');
  const std::string_view text(digits);
  out.append(text.substr(0, text.size() - decimals));
  if (decimals == 0) return true;
  out.append('.');
  out.append(text.substr(text.size() - decimals));
  return true;
}

}  // namespace loom::decode
