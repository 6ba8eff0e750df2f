#pragma once

#include <string_view>

#include "base/byte_buffer.h"
#include "encode/scalar.h"
#include "mapping/catalog.h"

namespace loom::encode {

/// Appends a value as its type's text form, not escaped: what its `input` function reads.
using WritePlain = void (*)(const Scalar& value, ByteBuffer& out);

WritePlain plain_writer(mapping::ColumnType type);

/// Appends a text field as text COPY has it: backslash, tab, newline and carriage return escaped.
void append_escaped(std::string_view plain, ByteBuffer& out);

/// What stands for a null field.
inline void append_text_null(ByteBuffer& out) { out.append(std::string_view("\\N")); }

/// Appends an element of an array literal: quoted, with `"` and backslash escaped. (Before append_escaped().)
void append_array_element(std::string_view plain, ByteBuffer& out);

}  // namespace loom::encode
