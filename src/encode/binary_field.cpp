#include "encode/binary_field.h"

#include <bit>
#include <cstdint>

#include "encode/numeric.h"

namespace loom::encode {
namespace {

using mapping::ColumnType;

void write_text(const Scalar& value, ByteBuffer& out) { append_binary_field(value.text, out); }

void write_boolean(const Scalar& value, ByteBuffer& out) {
  out.append_be32(1);
  out.append(static_cast<char>(value.integer));
}

void write_int2(const Scalar& value, ByteBuffer& out) {
  out.append_be32(2);
  out.append_be16(static_cast<std::uint16_t>(value.integer));
}

void write_int4(const Scalar& value, ByteBuffer& out) {
  out.append_be32(4);
  out.append_be32(static_cast<std::uint32_t>(value.integer));
}

void write_int8(const Scalar& value, ByteBuffer& out) {
  out.append_be32(8);
  out.append_be64(static_cast<std::uint64_t>(value.integer));
}

void write_float4(const Scalar& value, ByteBuffer& out) {
  out.append_be32(4);
  out.append_be32(std::bit_cast<std::uint32_t>(static_cast<float>(value.real)));
}

void write_float8(const Scalar& value, ByteBuffer& out) {
  out.append_be32(8);
  out.append_be64(std::bit_cast<std::uint64_t>(value.real));
}

void write_numeric(const Scalar& value, ByteBuffer& out) {
  const std::size_t length_at = out.size();
  out.append_be32(0);
  append_numeric(value.text, out);
  out.put_be32(length_at, static_cast<std::uint32_t>(out.size() - length_at - 4));
}

void write_jsonb(const Scalar& value, ByteBuffer& out) {
  constexpr char kVersion = 1;
  out.append_be32(static_cast<std::uint32_t>(value.text.size() + 1));
  out.append(kVersion);
  out.append(value.text);
}

void write_uuid(const Scalar& value, ByteBuffer& out) {
  append_binary_field({reinterpret_cast<const char*>(value.octets.data()), 16}, out);
}

void write_inet(const Scalar& value, ByteBuffer& out) {
  const std::size_t size = 4U + value.octets[3];
  append_binary_field({reinterpret_cast<const char*>(value.octets.data()), size}, out);
}

}  // namespace

WriteBinary binary_writer(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::enumeration:
    case ColumnType::bytea:
    case ColumnType::json:
      return write_text;
    case ColumnType::boolean:
      return write_boolean;
    case ColumnType::int2:
      return write_int2;
    case ColumnType::int4:
    case ColumnType::date:
      return write_int4;
    case ColumnType::int8:
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
    case ColumnType::time:
      return write_int8;
    case ColumnType::float4:
      return write_float4;
    case ColumnType::float8:
      return write_float8;
    case ColumnType::numeric:
      return write_numeric;
    case ColumnType::uuid:
      return write_uuid;
    case ColumnType::jsonb:
      return write_jsonb;
    case ColumnType::inet:
    case ColumnType::cidr:
      return write_inet;
    case ColumnType::other:
      return nullptr;
  }
  return nullptr;
}

}  // namespace loom::encode
