#include "decode/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace loom::decode {
namespace {

constexpr std::uint8_t kForeign = 0xFF;
constexpr std::uint8_t kSpace = 0xFE;
constexpr std::uint8_t kPadding = 0xFD;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (auto& digit : digits) digit = kForeign;
  for (unsigned i = 0; i < 26; ++i) {
    digits['A' + i] = static_cast<std::uint8_t>(i);
    digits['a' + i] = static_cast<std::uint8_t>(26 + i);
  }
  for (unsigned i = 0; i < 10; ++i) digits['0' + i] = static_cast<std::uint8_t>(52 + i);
  digits['+'] = digits['-'] = 62;
  digits['/'] = digits['_'] = 63;
  digits[' '] = digits['\t'] = digits['\n'] = digits['\r'] = kSpace;
  digits['='] = kPadding;
  return digits;
}
constexpr auto kDigits = make_digits();

std::uint8_t digit(char c) { return kDigits[static_cast<unsigned char>(c)]; }

}  // namespace

bool decode_base64(std::string_view text, ByteBuffer& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  char* const begin = out.reserve(text.size() / 4 * 3 + 3);
  char* to = begin;
  std::uint32_t bits = 0;
  unsigned held = 0;  // digits in `bits`, fewer than four
  while (p != end) {
    // Four digits at once, as long as nothing else is among them.
    if (held == 0) {
      while (end - p >= 4) {
        const std::uint32_t a = digit(p[0]);
        const std::uint32_t b = digit(p[1]);
        const std::uint32_t c = digit(p[2]);
        const std::uint32_t d = digit(p[3]);
        if ((a | b | c | d) > 63) break;
        const std::uint32_t group = (a << 18U) | (b << 12U) | (c << 6U) | d;
        to[0] = static_cast<char>(group >> 16U);
        to[1] = static_cast<char>(group >> 8U);
        to[2] = static_cast<char>(group);
        to += 3;
        p += 4;
      }
      if (p == end) break;
    }
    const std::uint8_t next = digit(*p);
    if (next == kPadding) break;
    ++p;
    if (next == kSpace) continue;
    if (next == kForeign) return false;
    bits = (bits << 6U) | next;
    if (++held == 4) {
      to[0] = static_cast<char>(bits >> 16U);
      to[1] = static_cast<char>(bits >> 8U);
      to[2] = static_cast<char>(bits);
      to += 3;
      bits = 0;
      held = 0;
    }
  }
  unsigned padding = 0;
  for (; p != end; ++p) {
    const std::uint8_t next = digit(*p);
    if (next == kPadding) {
      ++padding;
    } else if (next != kSpace) {
      return false;
    }
  }
  if (held == 1 || (padding != 0 && held + padding != 4)) return false;
  if (held == 2) {
    *to++ = static_cast<char>(bits >> 4U);
  } else if (held == 3) {
    *to++ = static_cast<char>(bits >> 10U);
    *to++ = static_cast<char>(bits >> 2U);
  }
  out.advance(static_cast<std::size_t>(to - begin));
  return true;
}

void append_base64(std::string_view bytes, ByteBuffer& out) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char* p = out.reserve((bytes.size() + 2) / 3 * 4);
  const char* const begin = p;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < left ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    *p++ = kAlphabet[group >> 18U];
    *p++ = kAlphabet[group >> 12U & 63U];
    *p++ = left > 1 ? kAlphabet[group >> 6U & 63U] : '=';
    *p++ = left > 2 ? kAlphabet[group & 63U] : '=';
  }
  out.advance(static_cast<std::size_t>(p - begin));
}

}  // namespace loom::decode
