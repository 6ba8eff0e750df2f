#pragma once

#include "base/byte_buffer.h"
#include "encode/scalar.h"
#include "mapping/catalog.h"

namespace loom::encode {

/// Appends a field as binary COPY has it: its length, then the type's binary form (what its `receive` function reads).
using WriteBinary = void (*)(const Scalar& value, ByteBuffer& out);

/// The writer for a column type, or for the elements of an array of it. ColumnType::other has none: nullptr.
WriteBinary binary_writer(mapping::ColumnType type);

/// What stands for a null field or element.
inline void append_binary_null(ByteBuffer& out) { out.append_be32(0xFFFF'FFFFU); }

/// A field of bytes that are in binary form already.
inline void append_binary_field(std::string_view bytes, ByteBuffer& out) {
  out.append_be32(static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

}  // namespace loom::encode
