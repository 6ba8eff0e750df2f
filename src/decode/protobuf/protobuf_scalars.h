#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "decode/json/structural_index.h"
#include "decode/protobuf/kept_texts.h"
#include "decode/protobuf/protobuf_tables.h"
#include "decode/protobuf/protobuf_wire.h"
#include "decode/value.h"

/// Single numbers and texts of the wire into values.
namespace loom::decode {

struct TextMarks {
  bool ascii = true;
  bool nul = false;
};

/// Eight bytes at a time, the last ones twice where they are fewer: most texts are short and ASCII.
[[gnu::always_inline]] inline TextMarks marks_of(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t kTops = 0x8080'8080'8080'8080U;
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t tops = 0;
  std::uint64_t zeros = 0;
  std::uint64_t word = kOnes;
  const auto add = [&] {
    tops |= word;
    zeros |= (word - kOnes) & ~word;
  };
  if (left >= 8) {
    for (; left > 8; left -= 8, p += 8) {
      std::memcpy(&word, p, 8);
      add();
    }
    std::memcpy(&word, p + left - 8, 8);
  } else if (left >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + left - 4, 4);
    word = std::uint64_t{last} << 32U | first;
  } else if (left != 0) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
    word = (kOnes << 24U) | at(0) | at(left / 2) << 8U | at(left - 1) << 16U;
  }
  add();
  return {(tops & kTops) == 0, (zeros & kTops) != 0};
}

/// False: it is no UTF-8.
[[gnu::always_inline]] inline bool set_text(std::string_view text, Value& value) {
  const TextMarks marks = marks_of(text);
  value.kind = Value::Kind::string;
  value.text = text;
  value.nul = marks.nul;
  return marks.ascii || is_utf8(text);
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

/// google.protobuf.Timestamp's value.
Value instant_of_parts(std::int64_t seconds, std::int64_t nanos, KeptTexts& texts);
/// google.protobuf.Duration's.
Value duration_of_parts(std::int64_t seconds, std::int64_t nanos, KeptTexts& texts);

}  // namespace loom::decode
