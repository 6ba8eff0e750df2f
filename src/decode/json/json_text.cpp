#include "decode/json/json_text.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace loom::decode {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hexadecimal digits at `at`, or -1.
int code_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

std::size_t utf8_size(std::uint32_t code) {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

void write_utf8(std::uint32_t code, std::size_t size, char* out) {
  static constexpr std::array<unsigned char, 5> kLead{0, 0x00, 0xC0, 0xE0, 0xF0};
  for (std::size_t i = size - 1; i > 0; --i) {
    out[i] = static_cast<char>(0x80U | (code & 0x3FU));
    code >>= 6U;
  }
  out[0] = static_cast<char>(kLead[size] | code);
}

/// The character behind `\u`; `at` moves past it. Nothing: malformed, or half of a surrogate pair.
std::optional<std::uint32_t> unicode_escape(const char*& at, const char* end) {
  const int first = code_unit(at, end);
  if (first < 0) return std::nullopt;
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) return static_cast<std::uint32_t>(first);
  if (first > 0xDBFF || end - at < 6 || at[0] != '\\' || at[1] != 'u') return std::nullopt;
  const int second = code_unit(at + 2, end);
  if (second < 0xDC00 || second > 0xDFFF) return std::nullopt;
  at += 6;
  return 0x10000U + (static_cast<std::uint32_t>(first - 0xD800) << 10U) + static_cast<std::uint32_t>(second - 0xDC00);
}

char simple_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

const char* find(char c, const char* from, const char* end) {
  const void* found = std::memchr(from, c, static_cast<std::size_t>(end - from));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

std::optional<Unescaped> unescape(std::string_view raw, char* out) {
  Unescaped result;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    const char* const backslash = find('\\', at, end);
    const auto plain = static_cast<std::size_t>(backslash - at);
    if (out != nullptr && plain != 0) std::memcpy(out + result.size, at, plain);
    result.size += plain;
    if (backslash == end) break;
    at = backslash + 1;
    if (at == end) return std::nullopt;
    const char escape = *at++;
    if (escape == 'u') {
      const auto code = unicode_escape(at, end);
      if (!code) return std::nullopt;
      result.nul |= *code == 0;
      const std::size_t size = utf8_size(*code);
      if (out != nullptr) write_utf8(*code, size, out + result.size);
      result.size += size;
    } else {
      const char meant = simple_escape(escape);
      if (meant == '\0') return std::nullopt;
      if (out != nullptr) out[result.size] = meant;
      ++result.size;
    }
  }
  return result;
}

void append_json_string(std::string_view text, ByteBuffer& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  // The longest escape is six bytes for one.
  char* const begin = out.reserve(text.size() * 6 + 2);
  char* p = begin;
  *p++ = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *p++ = '\\';
      *p++ = c;
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      *p++ = c;
    } else if (c == '\n') {
      *p++ = '\\';
      *p++ = 'n';
    } else {
      for (const char fixed : {'\\', 'u', '0', '0'}) *p++ = fixed;
      *p++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *p++ = kHex[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  *p++ = '"';
  out.advance(static_cast<std::size_t>(p - begin));
}

void append_without_nul_escapes(std::string_view json, mapping::NulPolicy policy, ByteBuffer& out) {
  static constexpr std::string_view kNulEscape = "\\u0000";
  while (!json.empty()) {
    const std::size_t backslash = json.find('\\');
    out.append(json.substr(0, backslash));
    if (backslash == std::string_view::npos) return;
    json.remove_prefix(backslash);
    if (json.starts_with(kNulEscape)) {
      if (policy == mapping::NulPolicy::replace) out.append(kReplacementCharacter);
      json.remove_prefix(kNulEscape.size());
    } else {
      out.append(json.substr(0, 2));
      json.remove_prefix(2);
    }
  }
}

void append_without_nul(std::string_view text, mapping::NulPolicy policy, ByteBuffer& out) {
  while (!text.empty()) {
    const std::size_t nul = text.find('\0');
    out.append(text.substr(0, nul));
    if (nul == std::string_view::npos) return;
    if (policy == mapping::NulPolicy::replace) out.append(kReplacementCharacter);
    text.remove_prefix(nul + 1);
  }
}

}  // namespace loom::decode
