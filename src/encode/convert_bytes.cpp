#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "decode/base64.h"
#include "decode/json/json_text.h"
#include "decode/number.h"
#include "encode/convert_rules.h"

namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using mapping::NulPolicy;

/// Appends the value as JSON text, NUL characters treated by the mapping's policy.
Conversion append_json(const Value& value, Scratch& scratch) {
  if (value.nul && scratch.nul == NulPolicy::reject) return Conversion::invalid_text;
  if (value.kind == Kind::string) {
    std::string_view text = value.text;
    if (value.nul) {
      scratch.plain.clear();
      decode::append_without_nul(text, scratch.nul, scratch.plain);
      text = scratch.plain.view();
    }
    decode::append_json_string(text, scratch.bytes);
  } else if (value.kind == Kind::boolean) {
    scratch.bytes.append(std::string_view(value.boolean ? "true" : "false"));
  } else if (value.nul) {
    decode::append_without_nul_escapes(value.text, scratch.nul, scratch.bytes);
  } else {
    scratch.bytes.append(value.text);
  }
  return Conversion::ok;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr std::uint8_t kFamilyInet = 2;   // PGSQL_AF_INET, in PostgreSQL's utils/inet.h
constexpr std::uint8_t kFamilyInet6 = 3;  // PGSQL_AF_INET6

/// Whether the bits behind the prefix are all zero, as cidr wants it.
bool is_network(const std::uint8_t* address, unsigned size, unsigned prefix) {
  for (unsigned bit = prefix; bit < size * 8; ++bit) {
    if (((address[bit / 8] >> (7 - bit % 8)) & 1U) != 0) return false;
  }
  return true;
}

Conversion address(const Value& value, bool network, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  std::string_view text = decode::trim(value.text);
  std::string_view prefix_text;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    prefix_text = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (text.size() >= host.size() || text.find('\0') != std::string_view::npos) return Conversion::failed;
  std::memcpy(host.data(), text.data(), text.size());
  const bool v6 = text.find(':') != std::string_view::npos;
  const unsigned size = v6 ? 16 : 4;
  std::uint8_t* const octets = out.octets.data() + 4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host.data(), octets) != 1) return Conversion::failed;
  unsigned prefix = size * 8;
  if (slash != std::string_view::npos) {
    const char* const end = prefix_text.data() + prefix_text.size();
    const auto [last, error] = std::from_chars(prefix_text.data(), end, prefix);
    if (error != std::errc() || last != end || prefix > size * 8) return Conversion::failed;
  }
  if (network && !is_network(octets, size, prefix)) return Conversion::failed;
  out.octets[0] = v6 ? kFamilyInet6 : kFamilyInet;
  out.octets[1] = static_cast<std::uint8_t>(prefix);
  out.octets[2] = network ? 1 : 0;
  out.octets[3] = static_cast<std::uint8_t>(size);
  return Conversion::ok;
}

}  // namespace

Conversion json(const Value& value, Scratch& scratch, Scalar& out) {
  // The common case needs no copy: an object's or list's text, and a number's, is JSON already.
  if (!value.nul && value.kind != Kind::string && value.kind != Kind::boolean) {
    out.text = value.text;
    return Conversion::ok;
  }
  scratch.bytes.clear();
  const Conversion done = append_json(value, scratch);
  out.text = scratch.bytes.view();
  return done;
}

Conversion json_list(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind == Kind::array) return json(value, scratch, out);
  if (value.kind == Kind::string) {
    if (const Value* list = scratch.list_in(value.text)) return json(*list, scratch, out);
  }
  scratch.bytes.clear();
  scratch.bytes.append('[');
  const Conversion done = append_json(value, scratch);
  scratch.bytes.append(']');
  out.text = scratch.bytes.view();
  return done;
}

Conversion bytes(const Value& value, Scratch&, Scalar& out) {
  out.text = value.text;
  return value.kind == Kind::string ? Conversion::ok : Conversion::failed;
}

Conversion bytes_base64(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  scratch.bytes.clear();
  if (!decode::decode_base64(value.text, scratch.bytes)) return Conversion::failed;
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

Conversion bytes_json(const Value& value, Scratch& scratch, Scalar& out) { return json(value, scratch, out); }

// What PostgreSQL reads: 32 digits, a hyphen allowed behind each four, braces around, any case.
Conversion uuid(const Value& value, Scratch&, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  std::string_view text = decode::trim(value.text);
  if (text.starts_with('{')) {
    if (!text.ends_with('}')) return Conversion::failed;
    text = text.substr(1, text.size() - 2);
  }
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-' && digits % 4 == 0 && digits != 0 && digits != 32 && text[i - 1] != '-') continue;
    const int digit = hex_digit(text[i]);
    if (digit < 0 || digits == 32) return Conversion::failed;
    std::uint8_t& octet = out.octets[digits / 2];
    octet = static_cast<std::uint8_t>(digits % 2 == 0 ? digit << 4 : octet | digit);
    ++digits;
  }
  return digits == 32 ? Conversion::ok : Conversion::failed;
}

Conversion inet(const Value& value, Scratch&, Scalar& out) { return address(value, false, out); }
Conversion cidr(const Value& value, Scratch&, Scalar& out) { return address(value, true, out); }

}  // namespace loom::encode::rules
