#include "encode/column_codec.h"

#include <string>

#include "decode/timestamp.h"

namespace loom::encode {
namespace {

using decode::JsonValue;
using mapping::ColumnType;
using mapping::ValueType;

/// How the elements of an array column are read: as the column's element type asks.
ValueType element_type(const mapping::PlanColumn& column) {
  if (!column.info.is_array) return column.value_type;
  switch (column.value_type) {
    case ValueType::array:
    case ValueType::float_array:
    case ValueType::json:
      return ValueType::unspecified;
    default:
      return column.value_type;
  }
}

std::int32_t numeric_modifier(const mapping::ColumnInfo& info) {
  return info.type == ColumnType::numeric ? info.type_modifier : -1;
}

}  // namespace

ColumnCodec::ColumnCodec(const mapping::PlanColumn& column, bool binary)
    : convert_(choose_conversion(column.info.type, element_type(column), column.transform,
                                 numeric_modifier(column.info) != -1)),
      write_binary_(binary ? binary_writer(column.info.type) : nullptr),
      write_plain_(plain_writer(column.info.type)),
      is_plain_(!column.info.is_array && numeric_modifier(column.info) == -1 &&
                column.value_type != ValueType::decimal_base64),
      is_array_(column.info.is_array),
      only_lists_(column.value_type == ValueType::float_array),
      only_numbers_(only_lists_ && column.info.type == ColumnType::text),
      element_oid_(column.info.element_oid),
      parameters_(column.parameters),
      numeric_modifier_(numeric_modifier(column.info)) {}

Conversion ColumnCodec::append_special(const JsonValue& value, const decode::JsonDecoder& values, Scratch& scratch,
                                       ByteBuffer& out) const {
  scratch.parameters = parameters_;
  scratch.numeric_modifier = numeric_modifier_;
  if (is_array_) return append_array(value, values, scratch, out);
  Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init): each conversion sets what its writer reads
  const Conversion done = convert_(value, scratch, scalar);
  if (done != Conversion::ok) return done;
  if (write_binary_ != nullptr) {
    write_binary_(scalar, out);
  } else {
    append_plain(scalar, scratch, out);
  }
  return done;
}

void ColumnCodec::append_null(ByteBuffer& out) const {
  if (write_binary_ != nullptr) {
    append_binary_null(out);
  } else {
    append_text_null(out);
  }
}

void ColumnCodec::append_plain(const Scalar& scalar, Scratch& scratch, ByteBuffer& out) const {
  scratch.plain.clear();
  write_plain_(scalar, scratch.plain);
  append_escaped(scratch.plain.view(), out);
}

bool ColumnCodec::append_instant(std::int64_t us_since_1970, const decode::JsonDecoder& values, Scratch& scratch,
                                 ByteBuffer& out) const {
  scratch.instant.clear();
  decode::append_timestamp(us_since_1970 - decode::kPostgresEpochUs, 'T', "Z", scratch.instant);
  JsonValue value;
  value.kind = JsonValue::Kind::string;
  value.text = scratch.instant.view();
  return append(value, values, scratch, out) == Conversion::ok;
}

void ColumnCodec::append_constant(const mapping::ColumnInfo& info, ByteBuffer& out) const {
  if (info.default_is_null) {
    append_null(out);
  } else if (write_binary_ != nullptr) {
    append_binary_field(info.default_binary, out);
  } else {
    append_escaped(info.default_text, out);
  }
}

Conversion ColumnCodec::append_array(const JsonValue& value, const decode::JsonDecoder& values, Scratch& scratch,
                                     ByteBuffer& out) const {
  const JsonValue* elements = &value;  // one value counts as a list of one
  std::uint32_t count = 1;
  // Elements of a list in a string are views into a decoder of their own, which no element's conversion disturbs:
  // an element that is itself such a string would have to become a nested array, which only text columns take, as text.
  if (value.kind == JsonValue::Kind::array) {
    elements = values.elements(value);
    count = value.count;
  } else if (const JsonValue* list = value.kind == JsonValue::Kind::string ? scratch.list_in(value.text) : nullptr) {
    elements = scratch.list_decoder().elements(*list);
    count = list->count;
  } else if (only_lists_) {
    return Conversion::failed;
  }
  const std::size_t begin = out.size();
  const Conversion done = write_binary_ != nullptr ? append_binary_array(elements, count, scratch, out)
                                                   : append_text_array(elements, count, scratch, out);
  if (done != Conversion::ok) out.truncate(begin);
  return done;
}

// Dimensions, whether nulls are in it, the elements' type; per dimension its size and first index; then the elements as
// fields. An empty array has no dimension.
Conversion ColumnCodec::append_binary_array(const JsonValue* elements, std::uint32_t count, Scratch& scratch,
                                            ByteBuffer& out) const {
  const std::size_t begin = out.size();
  out.append_be32(0);
  out.append_be32(1);
  out.append_be32(0);
  out.append_be32(element_oid_);
  out.append_be32(0);
  out.append_be32(1);
  std::uint32_t written = 0;
  bool nulls = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!elements[i].present()) {
      if (only_lists_) continue;
      append_binary_null(out);
      nulls = true;
    } else {
      if (only_numbers_ && elements[i].kind != JsonValue::Kind::number) return Conversion::failed;
      Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      if (const Conversion done = convert_(elements[i], scratch, scalar); done != Conversion::ok) return done;
      write_binary_(scalar, out);
    }
    ++written;
  }
  if (written == 0) {
    out.put_be32(begin + 4, 0);
    out.truncate(begin + 16);
  } else {
    out.put_be32(begin + 8, nulls ? 1 : 0);
    out.put_be32(begin + 16, written);
  }
  out.put_be32(begin, static_cast<std::uint32_t>(out.size() - begin - 4));
  return Conversion::ok;
}

Conversion ColumnCodec::append_text_array(const JsonValue* elements, std::uint32_t count, Scratch& scratch,
                                          ByteBuffer& out) const {
  scratch.array.clear();
  scratch.array.append('{');
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool present = elements[i].present();
    if (!present && only_lists_) continue;
    if (scratch.array.size() > 1) scratch.array.append(',');
    if (!present) {
      scratch.array.append(std::string_view("NULL"));
      continue;
    }
    if (only_numbers_ && elements[i].kind != JsonValue::Kind::number) return Conversion::failed;
    Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    if (const Conversion done = convert_(elements[i], scratch, scalar); done != Conversion::ok) return done;
    scratch.plain.clear();
    write_plain_(scalar, scratch.plain);
    append_array_element(scratch.plain.view(), scratch.array);
  }
  scratch.array.append('}');
  append_escaped(scratch.array.view(), out);
  return Conversion::ok;
}

}  // namespace loom::encode
