#include "encode/text_field.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "decode/timestamp.h"

namespace loom::encode {
namespace {

using mapping::ColumnType;

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::size_t kLongestNumber = 32;

void write_text(const Scalar& value, ByteBuffer& out) { out.append(value.text); }

void write_boolean(const Scalar& value, ByteBuffer& out) { out.append(value.integer != 0 ? 't' : 'f'); }

void write_integer(const Scalar& value, ByteBuffer& out) {
  char* const room = out.reserve(kLongestNumber);
  out.advance(static_cast<std::size_t>(std::to_chars(room, room + kLongestNumber, value.integer).ptr - room));
}

/// The shortest digits that read back as the same number: both forms of COPY store the same bits.
template <typename Float>
void write_float(Float value, ByteBuffer& out) {
  if (std::isnan(value)) return out.append(std::string_view("NaN"));
  if (std::isinf(value)) return out.append(std::string_view(value > 0 ? "Infinity" : "-Infinity"));
  char* const room = out.reserve(kLongestNumber);
  out.advance(static_cast<std::size_t>(std::to_chars(room, room + kLongestNumber, value).ptr - room));
}

void write_float4(const Scalar& value, ByteBuffer& out) { write_float(static_cast<float>(value.real), out); }
void write_float8(const Scalar& value, ByteBuffer& out) { write_float(value.real, out); }

void write_timestamptz(const Scalar& value, ByteBuffer& out) {
  decode::append_timestamp(value.integer, ' ', "+00", out);
}
void write_timestamp(const Scalar& value, ByteBuffer& out) { decode::append_timestamp(value.integer, ' ', "", out); }
void write_date(const Scalar& value, ByteBuffer& out) {
  decode::append_date(static_cast<std::int32_t>(value.integer), out);
}
void write_time(const Scalar& value, ByteBuffer& out) { decode::append_time(value.integer, out); }

void append_hex(std::uint8_t octet, ByteBuffer& out) {
  out.append(kHex[octet >> 4U]);
  out.append(kHex[octet & 0xFU]);
}

void write_uuid(const Scalar& value, ByteBuffer& out) {
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.append('-');
    append_hex(value.octets[i], out);
  }
}

void write_bytea(const Scalar& value, ByteBuffer& out) {
  out.append(std::string_view("\\x"));
  for (const char byte : value.text) append_hex(static_cast<std::uint8_t>(byte), out);
}

void write_inet(const Scalar& value, ByteBuffer& out) {
  const bool v6 = value.octets[3] == 16;
  std::array<char, INET6_ADDRSTRLEN> host{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, value.octets.data() + 4, host.data(), host.size());
  out.append(std::string_view(host.data()));
  out.append('/');
  Scalar prefix{};
  prefix.integer = value.octets[1];
  write_integer(prefix, out);
}

}  // namespace

WritePlain plain_writer(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::enumeration:
    case ColumnType::json:
    case ColumnType::jsonb:
    case ColumnType::numeric:
    case ColumnType::other:
      return write_text;
    case ColumnType::boolean:
      return write_boolean;
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
      return write_integer;
    case ColumnType::float4:
      return write_float4;
    case ColumnType::float8:
      return write_float8;
    case ColumnType::timestamptz:
      return write_timestamptz;
    case ColumnType::timestamp:
      return write_timestamp;
    case ColumnType::date:
      return write_date;
    case ColumnType::time:
      return write_time;
    case ColumnType::uuid:
      return write_uuid;
    case ColumnType::bytea:
      return write_bytea;
    case ColumnType::inet:
    case ColumnType::cidr:
      return write_inet;
  }
  return write_text;
}

void append_escaped(std::string_view plain, ByteBuffer& out) {
  char* const begin = out.reserve(plain.size() * 2);
  char* p = begin;
  for (const char c : plain) {
    char escape = '\0';
    switch (c) {
      case '\\':
        escape = '\\';
        break;
      case '\t':
        escape = 't';
        break;
      case '\n':
        escape = 'n';
        break;
      case '\r':
        escape = 'r';
        break;
      default:
        *p++ = c;
        continue;
    }
    *p++ = '\\';
    *p++ = escape;
  }
  out.advance(static_cast<std::size_t>(p - begin));
}

void append_array_element(std::string_view plain, ByteBuffer& out) {
  char* const begin = out.reserve(plain.size() * 2 + 2);
  char* p = begin;
  *p++ = '"';
  for (const char c : plain) {
    if (c == '"' || c == '\\') *p++ = '\\';
    *p++ = c;
  }
  *p++ = '"';
  out.advance(static_cast<std::size_t>(p - begin));
}

}  // namespace loom::encode
