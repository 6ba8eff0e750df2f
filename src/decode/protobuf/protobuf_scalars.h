#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "decode/plain_text.h"
#include "decode/protobuf/kept_texts.h"
#include "decode/protobuf/protobuf_tables.h"
#include "decode/protobuf/protobuf_wire.h"
#include "decode/value.h"

/// Single numbers and texts of the wire into values.
namespace loom::decode {

/// False: it is no UTF-8.
[[gnu::always_inline]] inline bool set_text(std::string_view text, Value& value) {
  value.kind = Value::Kind::string;
  value.text = text;
  value.nul = false;
  return is_plain_text(text.data(), text.size()) || is_text(text, value.nul);
}

inline void set_integer(std::int64_t number, Value& value) {
  value.kind = Value::Kind::integer;
  value.set_integer(number);
}

inline void set_unsigned(std::uint64_t number, Value& value, KeptTexts& texts) {
  if (number <= static_cast<std::uint64_t>(INT64_MAX)) [[likely]]
    return set_integer(static_cast<std::int64_t>(number), value);
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  value.kind = Value::Kind::number;
  value.text = texts.keep({digits, static_cast<std::size_t>(end - digits)});
}

/// False, and no value: a closed enumeration does not have the number.
inline bool set_enumeration(std::int32_t number, const ProtobufEnumTable& names, Value& value) {
  const std::string_view name = names.name(number);
  if (name.data() == nullptr) {
    if (names.closed) return false;
    set_integer(number, value);
    return true;
  }
  value.kind = Value::Kind::enumeration;
  value.text = name;
  value.boolean = true;
  value.set_integer(number);
  return true;
}

inline std::int32_t unzigzag(std::uint32_t bits) { return static_cast<std::int32_t>(bits >> 1U ^ (0U - (bits & 1U))); }
inline std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits >> 1U ^ (std::uint64_t{0} - (bits & 1U)));
}

/// A number or a boolean of one of the types that are neither texts, enumerations nor messages. The place behind it, or
/// nullptr and a fault.
[[gnu::always_inline]] inline const char* read_number(formats::ProtobufField::Type type, const char* p, const char* end,
                                                      Value& value, KeptTexts& texts, ProtobufFault& fault) {
  using ProtoType = formats::ProtobufField::Type;
  std::uint64_t wide = 0;
  std::uint32_t narrow = 0;
  switch (type) {
    case ProtoType::float64:
      p = read_fixed(p, end, wide, fault);
      value.kind = Value::Kind::real;
      value.set_integer(static_cast<std::int64_t>(wide));
      return p;
    case ProtoType::float32:
      p = read_fixed(p, end, narrow, fault);
      value.kind = Value::Kind::single;
      value.set_real(std::bit_cast<float>(narrow));
      return p;
    case ProtoType::fixed64:
      p = read_fixed(p, end, wide, fault);
      set_unsigned(wide, value, texts);
      return p;
    case ProtoType::sfixed64:
      p = read_fixed(p, end, wide, fault);
      set_integer(static_cast<std::int64_t>(wide), value);
      return p;
    case ProtoType::fixed32:
      p = read_fixed(p, end, narrow, fault);
      set_integer(narrow, value);
      return p;
    case ProtoType::sfixed32:
      p = read_fixed(p, end, narrow, fault);
      set_integer(static_cast<std::int32_t>(narrow), value);
      return p;
    default:
      break;
  }
  p = read_varint(p, end, wide, fault);
  if (p == nullptr) return nullptr;
  switch (type) {
    case ProtoType::int32:
      set_integer(static_cast<std::int32_t>(wide), value);
      break;
    case ProtoType::uint32:
      set_integer(static_cast<std::uint32_t>(wide), value);
      break;
    case ProtoType::sint32:
      set_integer(unzigzag(static_cast<std::uint32_t>(wide)), value);
      break;
    case ProtoType::int64:
      set_integer(static_cast<std::int64_t>(wide), value);
      break;
    case ProtoType::sint64:
      set_integer(unzigzag(wide), value);
      break;
    case ProtoType::uint64:
      set_unsigned(wide, value, texts);
      break;
    default:
      value.kind = Value::Kind::boolean;
      value.boolean = wide != 0;
  }
  return p;
}

enum class ScalarRead : std::uint8_t { ok, unknown, failed };

/// Any scalar from its field's content. `unknown`: a number that a closed enumeration does not have.
ScalarRead read_scalar(const ProtobufContent& content, const WireField& field, Value& value, KeptTexts& texts,
                       ProtobufFault& fault);

/// Whether the content is a number that a closed enumeration does not have: such a field counts as unknown.
bool is_unknown_number(const ProtobufContent& content, const WireField& field);

/// What a scalar is that nobody has set.
Value default_scalar(const ProtobufContent& content);

/// What google.protobuf.Timestamp and Duration hold; both have the same fields.
struct SecondsAndNanos {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
};
/// Reads a message of one of them, or a piece of it: a part that it does not have stays as it was. False: a fault.
bool read_parts(const WireField& piece, SecondsAndNanos& parts, ProtobufFault& fault);
Value instant_of_parts(const SecondsAndNanos& parts, KeptTexts& texts);
Value duration_of_parts(const SecondsAndNanos& parts, KeptTexts& texts);

}  // namespace loom::decode
