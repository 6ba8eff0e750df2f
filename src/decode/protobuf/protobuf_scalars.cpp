#include "decode/protobuf/protobuf_scalars.h"

#include <algorithm>

#include "decode/plain_form.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;
using FieldType = formats::ProtobufField::Type;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// Appends `.5` for half a second; nothing for none.
std::size_t append_fraction(char* out, std::uint64_t nanos, bool all_digits) {
  if (nanos == 0) return 0;
  out[0] = '.';
  std::size_t size = 10;
  for (std::size_t i = 9; i > 0; --i) {
    out[i] = static_cast<char>('0' + nanos % 10);
    nanos /= 10;
  }
  while (!all_digits && out[size - 1] == '0') --size;
  return size;
}

/// Nanoseconds of a year that 64 bits of them do not reach, as ISO 8601 has them; empty: nobody can write the instant.
std::string_view written_instant(const Value& micros, std::int64_t nanos, KeptTexts& texts) {
  PlainRoom room;
  const Value plain = plain_form(micros, {}, room);
  if (plain.kind != Kind::string || !plain.text.ends_with('Z')) return {};
  const std::string_view whole = plain.text.substr(0, plain.text.size() - 1);
  ByteBuffer text;
  text.append(whole.substr(0, whole.find('.')));
  text.advance(append_fraction(text.reserve(16), static_cast<std::uint64_t>(nanos), true));
  text.append('Z');
  return texts.keep(text.view());
}

}  // namespace

ScalarRead read_scalar(const ProtobufContent& content, const WireField& field, Value& value, KeptTexts& texts,
                       ProtobufFault& fault) {
  switch (content.type) {
    case FieldType::string:
      if (set_text(field.text(), value)) return ScalarRead::ok;
      fault.set(ProtobufFault::What::text, field.begin);
      return ScalarRead::failed;
    case FieldType::bytes:
      value.kind = Kind::bytes;
      value.text = field.text();
      return ScalarRead::ok;
    case FieldType::enumeration: {
      std::uint64_t number = 0;
      if (read_varint(field.begin, field.end, number, fault) == nullptr) return ScalarRead::failed;
      return set_enumeration(static_cast<std::int32_t>(number), *content.enumeration, value) ? ScalarRead::ok
                                                                                             : ScalarRead::unknown;
    }
    default:
      return read_number(content.type, field.begin, field.end, value, texts, fault) == nullptr ? ScalarRead::failed
                                                                                               : ScalarRead::ok;
  }
}

bool is_unknown_number(const ProtobufContent& content, const WireField& field) {
  if (content.enumeration == nullptr || !content.enumeration->closed) return false;
  std::uint64_t number = 0;
  ProtobufFault fault;
  if (read_varint(field.begin, field.end, number, fault) == nullptr) return false;
  return content.enumeration->name(static_cast<std::int32_t>(number)).data() == nullptr;
}

Value default_scalar(const ProtobufContent& content) {
  Value value;
  switch (content.type) {
    case FieldType::float64:
      value.kind = Kind::real;
      break;
    case FieldType::float32:
      value.kind = Kind::single;
      break;
    case FieldType::boolean:
      value.kind = Kind::boolean;
      break;
    case FieldType::string:
      value.kind = Kind::string;
      break;
    case FieldType::bytes:
      value.kind = Kind::bytes;
      break;
    case FieldType::enumeration: {
      // A closed one may have no zero. The default of a map's entry is then a name that it has.
      const auto& names = content.enumeration->names->names;
      const auto least = names.find(0) != names.end() ? names.find(0) : names.begin();
      if (least == names.end() || !set_enumeration(least->first, *content.enumeration, value)) set_integer(0, value);
      break;
    }
    default:
      set_integer(0, value);
  }
  return value;
}

bool read_parts(const WireField& piece, SecondsAndNanos& parts, ProtobufFault& fault) {
  constexpr std::uint32_t kSeconds = 1U << 3U | static_cast<std::uint32_t>(WireType::varint);
  constexpr std::uint32_t kNanos = 2U << 3U | static_cast<std::uint32_t>(WireType::varint);
  const char* p = piece.begin;
  while (p != piece.end) {
    std::uint32_t tag = 0;
    p = read_tag(p, piece.end, tag, fault);
    if (p == nullptr) return false;
    std::uint64_t number = 0;
    if (tag == kSeconds) {
      p = read_varint(p, piece.end, number, fault);
      parts.seconds = static_cast<std::int64_t>(number);
    } else if (tag == kNanos) {
      p = read_varint(p, piece.end, number, fault);
      parts.nanos = static_cast<std::int32_t>(number);
    } else {
      p = skip_field(p, piece.end, tag, fault);
    }
    if (p == nullptr) return false;
  }
  return true;
}

Value instant_of_parts(const SecondsAndNanos& parts, KeptTexts& texts) {
  std::int64_t seconds = parts.seconds;
  std::int64_t nanos = parts.nanos;
  Value value;
  value.kind = Kind::instant;
  std::int64_t carried = nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --carried;
  }
  std::int64_t count = 0;
  if (__builtin_add_overflow(seconds, carried, &seconds) || __builtin_mul_overflow(seconds, 1'000'000, &count) ||
      __builtin_add_overflow(count, nanos / 1000, &count)) {
    // Beyond every calendar: what is less than a second does not matter.
    value.set_integer(seconds);
    return value;
  }
  value.digits = 6;
  value.set_integer(count);
  if (nanos % 1000 == 0) return value;
  std::int64_t fine = 0;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &fine) || __builtin_add_overflow(fine, nanos, &fine)) {
    value.text = written_instant(value, nanos, texts);
    if (count < 0) value.set_integer(count + 1);  // cut off towards 1970, as all others are
    return value;
  }
  value.digits = 9;
  value.boolean = true;
  value.set_integer(fine);
  return value;
}

Value duration_of_parts(const SecondsAndNanos& parts, KeptTexts& texts) {
  // Both have the same sign, by the rules; together they are one number in any case.
  __extension__ using Wide = __int128;
  const Wide all = Wide{parts.seconds} * kNanosPerSecond + parts.nanos;
  const Wide positive = all < 0 ? -all : all;
  char text[48] = {'P', 'T'};
  char* p = text + 2;
  if (all < 0) *p++ = '-';
  p = std::to_chars(p, text + sizeof text, static_cast<std::uint64_t>(positive / kNanosPerSecond)).ptr;
  p += append_fraction(p, static_cast<std::uint64_t>(positive % kNanosPerSecond), false);
  *p++ = 'S';
  Value value;
  value.kind = Kind::duration;
  value.text = texts.keep({text, static_cast<std::size_t>(p - text)});
  return value;
}

}  // namespace loom::decode
