#include "encode/column_codec.h"

#include <algorithm>
#include <string>

#include "decode/timestamp.h"
#include "mapping/column_types.h"

namespace loom::encode {
namespace {

using decode::Value;
using mapping::ColumnType;
using mapping::ValueType;

constexpr std::uint32_t kBoxOid = 603;  // the only built-in type whose arrays have no commas between their elements

/// Whether a list in the list would become text, rather than be refused.
bool takes_anything(ColumnType type) {
  return type == ColumnType::text || type == ColumnType::enumeration || type == ColumnType::other;
}

/// Whether a list or an object has a form there: of others only that it is one is of interest.
bool takes_documents(ColumnType type) {
  return takes_anything(type) || type == ColumnType::json || type == ColumnType::jsonb || type == ColumnType::bytea;
}

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

bool is_number(const Value& value) {
  return value.kind == Value::Kind::number || value.kind == Value::Kind::integer || value.kind == Value::Kind::real ||
         value.kind == Value::Kind::single || value.kind == Value::Kind::decimal;
}

/// Whether the type takes times and enumerations as their numbers.
bool wants_numbers(ColumnType column, ValueType value) {
  switch (column) {
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
      return true;
    default:
      return value == ValueType::integer || value == ValueType::floating || value == ValueType::decimal ||
             mapping::takes_numbers_only(value);
  }
}

int unit_digits(ValueType value) {
  switch (value) {
    case ValueType::timestamp_s:
      return 0;
    case ValueType::timestamp_ms:
    case ValueType::time_ms:
      return 3;
    case ValueType::timestamp_us:
    case ValueType::time_us:
      return 6;
    case ValueType::timestamp_ns:
    case ValueType::time_ns:
      return 9;
    default:
      return -1;
  }
}

bool is_named(const mapping::PlanColumn& column) {
  return element_type(column) != ValueType::unspecified && column.value_type != mapping::natural_type(column.info);
}

const DirectTable& direct_of(const mapping::PlanColumn& column) {
  static constexpr DirectTable kNone{};
  if (column.transform != mapping::Transform::none) return kNone;
  return direct_conversions(column.info.type, element_type(column), is_named(column));
}

std::int32_t numeric_modifier(const mapping::ColumnInfo& info) {
  return info.type == ColumnType::numeric ? info.type_modifier : -1;
}

Convert conversion_of(const mapping::PlanColumn& column) {
  const ValueType type = element_type(column);
  const bool as_it_is = type == ValueType::unspecified || type == ValueType::string;
  if (column.info.type == ColumnType::other && column.transform == mapping::Transform::none && as_it_is) {
    if (const Convert special = other_conversion(column.info)) return special;
  }
  return choose_conversion(column.info.type, type, column.transform, numeric_modifier(column.info) != -1);
}

}  // namespace

ColumnCodec::ColumnCodec(const mapping::PlanColumn& column, bool binary)
    : convert_(conversion_of(column)),
      direct_(&direct_of(column)),
      plain_{.number = wants_numbers(column.info.type, element_type(column)),
             .unit_digits = unit_digits(element_type(column))},
      write_binary_(binary ? binary_writer(column.info.type) : nullptr),
      write_plain_(plain_writer(column.info.type)),
      is_plain_(!column.info.is_array && numeric_modifier(column.info) == -1 &&
                column.value_type != ValueType::decimal_base64),
      is_array_(column.info.is_array),
      only_lists_(column.value_type == ValueType::float_array),
      only_numbers_(only_lists_ && column.info.type == ColumnType::text),
      takes_json_(!column.info.is_array && takes_documents(column.info.type)),
      takes_text_(takes_anything(column.info.type)),
      takes_lists_(column.info.type == ColumnType::json || column.info.type == ColumnType::jsonb),
      delimiter_(column.info.element_oid == kBoxOid ? ';' : ','),
      element_oid_(column.info.element_oid),
      parameters_(column.parameters),
      numeric_modifier_(numeric_modifier(column.info)) {}

Conversion ColumnCodec::append_special(const Value& value, const decode::Values& values, Scratch& scratch,
                                       ByteBuffer& out) const {
  scratch.parameters = parameters_;
  scratch.numeric_modifier = numeric_modifier_;
  return is_array_ ? append_array(value, values, scratch, out) : append_scalar(value, scratch, out);
}

Conversion ColumnCodec::convert_plain(const Value& value, Scratch& scratch, Scalar& out) const {
  scratch.is_decimal = value.kind == Value::Kind::decimal;
  const Conversion done = convert_(decode::plain_form(value, plain_, scratch.plain_form), scratch, out);
  scratch.is_decimal = false;
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

bool ColumnCodec::append_instant(std::int64_t us_since_1970, const decode::Values& values, Scratch& scratch,
                                 ByteBuffer& out) const {
  scratch.instant.clear();
  decode::append_timestamp(us_since_1970 - decode::kPostgresEpochUs, 'T', "Z", scratch.instant);
  Value value;
  value.kind = Value::Kind::string;
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

Conversion ColumnCodec::append_array(const Value& value, const decode::Values& values, Scratch& scratch,
                                     ByteBuffer& out) const {
  const Value* elements = &value;  // one value counts as a list of one
  std::uint32_t count = 1;
  std::string_view text;
  // Elements of a list in a string are views into a decoder of their own, which no element's conversion disturbs:
  // an element that is itself such a string would have to become a nested array, which only text columns take, as text.
  // Nobody has collected the elements of a whole message; an empty list's text is `[]`.
  const bool has_text_only = value.kind == Value::Kind::array && value.count == 0 && value.text.size() > 2;
  if (value.kind == Value::Kind::array && !has_text_only) {
    elements = values.elements_of(value);
    count = value.count;
    text = value.text;
  } else if (const Value* list =
                 has_text_only || value.kind == Value::Kind::string ? scratch.list_in(value.text) : nullptr) {
    elements = scratch.list_values().elements_of(*list);
    count = list->count;
    text = list->text;
  } else if (only_lists_) {
    return Conversion::failed;
  }
  // A list of lists has dimensions. One that mixes them with values has none: as text it keeps them as JSON.
  const auto is_list_of_lists = [&] {
    bool lists = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (elements[i].present() && elements[i].kind != Value::Kind::array) return false;
      lists |= elements[i].present();
    }
    return lists && !text.empty() && !takes_lists_;
  };
  if (takes_text_ && is_list_of_lists()) return append_nested(text, scratch, out);
  const std::size_t begin = out.size();
  const Conversion done = write_binary_ != nullptr ? append_binary_array(elements, count, scratch, out)
                                                   : append_text_array(elements, count, scratch, out);
  if (done == Conversion::ok) return done;
  out.truncate(begin);
  return is_list_of_lists() ? append_nested(text, scratch, out) : done;
}

// Dimensions, whether nulls are in it, the elements' type; per dimension its size and first index; then the elements as
// fields. An empty array has no dimension.
Conversion ColumnCodec::append_binary_array(const Value* elements, std::uint32_t count, Scratch& scratch,
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
      if (only_numbers_ && !is_number(elements[i])) return Conversion::failed;
      Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      if (const Conversion done = convert(elements[i], scratch, scalar); done != Conversion::ok) return done;
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

Conversion ColumnCodec::append_nested(std::string_view list, Scratch& scratch, ByteBuffer& out) const {
  Dimensions dimensions;
  // A string that holds a list of lists has escapes of its own, which the walk below must not lose: they are in `list`.
  if (!read_nested_list(list, scratch.walk, scratch.leaves, dimensions)) return Conversion::failed;
  const std::size_t begin = out.size();
  const Conversion done = write_binary_ != nullptr ? append_binary_dimensions(dimensions, scratch, out)
                                                   : append_text_dimensions(dimensions, scratch, out);
  if (done != Conversion::ok) out.truncate(begin);
  return done;
}

Conversion ColumnCodec::append_binary_dimensions(const Dimensions& dimensions, Scratch& scratch,
                                                 ByteBuffer& out) const {
  const std::size_t begin = out.size();
  out.append_be32(0);
  out.append_be32(static_cast<std::uint32_t>(dimensions.count));
  const bool nulls =
      std::any_of(scratch.leaves.begin(), scratch.leaves.end(), [](const auto& e) { return !e.present(); });
  out.append_be32(nulls ? 1 : 0);
  out.append_be32(element_oid_);
  for (std::size_t i = 0; i < dimensions.count; ++i) {
    out.append_be32(dimensions.sizes[i]);
    out.append_be32(1);
  }
  for (const Value& leaf : scratch.leaves) {
    if (!leaf.present()) {
      if (only_lists_) return Conversion::failed;  // dropped, it would leave a ragged list
      append_binary_null(out);
      continue;
    }
    Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    if (const Conversion done = convert(leaf, scratch, scalar); done != Conversion::ok) return done;
    write_binary_(scalar, out);
  }
  out.put_be32(begin, static_cast<std::uint32_t>(out.size() - begin - 4));
  return Conversion::ok;
}

Conversion ColumnCodec::append_text_dimensions(const Dimensions& dimensions, Scratch& scratch, ByteBuffer& out) const {
  scratch.array.clear();
  if (dimensions.count == 0) scratch.array.append(std::string_view("{}"));
  std::size_t at = 0;
  for (const Value& leaf : scratch.leaves) {
    // As many braces as rows of a dimension begin, and end, with this value.
    std::size_t row = 1;
    std::size_t opened = 0;
    std::size_t closed = 0;
    for (std::size_t i = dimensions.count; i > 0; --i) {
      row *= dimensions.sizes[i - 1];
      opened += at % row == 0 ? 1 : 0;
      closed += (at + 1) % row == 0 ? 1 : 0;
    }
    if (at != 0) scratch.array.append(delimiter_);
    for (; opened > 0; --opened) scratch.array.append('{');
    if (const Conversion done = append_text_element(leaf, scratch); done != Conversion::ok) return done;
    for (; closed > 0; --closed) scratch.array.append('}');
    ++at;
  }
  append_escaped(scratch.array.view(), out);
  return Conversion::ok;
}

Conversion ColumnCodec::append_text_element(const Value& element, Scratch& scratch) const {
  if (!element.present()) {
    if (only_lists_) return Conversion::failed;
    scratch.array.append(std::string_view("NULL"));
    return Conversion::ok;
  }
  if (only_numbers_ && !is_number(element)) return Conversion::failed;
  Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  if (const Conversion done = convert(element, scratch, scalar); done != Conversion::ok) return done;
  scratch.plain.clear();
  write_plain_(scalar, scratch.plain);
  append_array_element(scratch.plain.view(), scratch.array);
  return Conversion::ok;
}

Conversion ColumnCodec::append_text_array(const Value* elements, std::uint32_t count, Scratch& scratch,
                                          ByteBuffer& out) const {
  scratch.array.clear();
  scratch.array.append('{');
  for (std::uint32_t i = 0; i < count; ++i) {
    if (only_lists_ && !elements[i].present()) continue;
    if (scratch.array.size() > 1) scratch.array.append(delimiter_);
    if (const Conversion done = append_text_element(elements[i], scratch); done != Conversion::ok) return done;
  }
  scratch.array.append('}');
  append_escaped(scratch.array.view(), out);
  return Conversion::ok;
}

}  // namespace loom::encode
