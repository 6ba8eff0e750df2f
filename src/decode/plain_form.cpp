#include "decode/plain_form.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "decode/base64.h"
#include "decode/decimal_bytes.h"
#include "decode/json/json_text.h"
#include "decode/timestamp.h"
#include "decode/typed_time.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kLongestNumber = 48;

template <typename Number>
void append_number(Number number, ByteBuffer& out) {
  char* const room = out.reserve(kLongestNumber);
  out.advance(static_cast<std::size_t>(std::to_chars(room, room + kLongestNumber, number).ptr - room));
}

Value made(Kind kind, const PlainRoom& room) {
  Value value;
  value.kind = kind;
  value.text = room.text.view();
  return value;
}

template <typename Real>
Value real_form(Real number, PlainRoom& room) {
  Value value;
  value.kind = Kind::string;
  if (std::isnan(number)) {
    value.text = "NaN";
  } else if (std::isinf(number)) {
    value.text = number > 0 ? "Infinity" : "-Infinity";
  } else {
    append_number(number, room.text);
    return made(Kind::number, room);
  }
  return value;
}

/// Numbers of eight bytes at most need no long arithmetic.
bool append_short_decimal(std::string_view bytes, std::int64_t scale, ByteBuffer& out) {
  constexpr std::int64_t kMostDigits = 18;
  if (bytes.empty() || bytes.size() > 8 || scale < 0 || scale > kMostDigits) return false;
  std::uint64_t bits = (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) bits = bits << 8U | static_cast<unsigned char>(byte);
  const auto number = static_cast<std::int64_t>(bits);
  const std::uint64_t magnitude = number < 0 ? 0 - bits : bits;
  if (number < 0) out.append('-');
  char* const room = out.reserve(kLongestNumber);
  const auto size = static_cast<std::size_t>(
      std::to_chars(room + kMostDigits + 1, room + kLongestNumber, magnitude).ptr - (room + kMostDigits + 1));
  // The digits stand behind room for the zeros that they may lack; the point is made by moving those before it.
  const auto decimals = static_cast<std::size_t>(scale);
  char* digits = room + kMostDigits + 1;
  std::size_t count = size;
  while (count <= decimals) {
    *--digits = '0';
    ++count;
  }
  const std::size_t whole = count - decimals;
  for (std::size_t i = 0; i < whole; ++i) room[i] = digits[i];
  std::size_t end = whole;
  if (decimals != 0) {
    room[end++] = '.';
    for (std::size_t i = whole; i < count; ++i) room[end++] = digits[i];
  }
  out.advance(end);
  return true;
}

Value decimal_form(const Value& value, PlainRoom& room) {
  const std::int64_t scale = value.integer();
  if (append_short_decimal(value.text, scale, room.text)) return made(Kind::number, room);
  // numeric holds 131,072 digits before the point and 16,383 behind it: beyond them an exponent says the same.
  constexpr std::int64_t kMostPrinted = 131'072;
  const bool printed = scale >= -kMostPrinted && scale <= kMostPrinted;
  room.text.clear();
  if (value.text.empty()) {
    append_decimal(std::string_view("\0", 1), printed ? static_cast<int>(scale) : 0, room.limbs, room.text);
  } else if (!append_decimal(value.text, printed ? static_cast<int>(scale) : 0, room.limbs, room.text)) {
    room.text.append(std::string_view("1e999999"));  // more digits than numeric holds, whatever they are
  }
  if (!printed) {
    room.text.append('e');
    append_number(-scale, room.text);
  }
  return made(Kind::number, room);
}

Value time_number(const Value& value, PlainWish wish, PlainRoom& room) {
  int digits = value.digits;
  if (value.kind == Kind::instant && value.boolean && digits == 9) {
    const std::int64_t count = value.integer();
    if (count < 0) room.text.append('-');
    const std::uint64_t nanos = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    append_number(nanos / 1000, room.text);
    room.text.append('.');
    for (std::uint64_t unit = 100; unit > 0; unit /= 10) room.text.append(static_cast<char>('0' + nanos / unit % 10));
    digits = 6;
  } else {
    append_number(value.integer(), room.text);
  }
  if (wish.unit_digits >= 0 && wish.unit_digits != digits) {
    room.text.append('e');
    append_number(wish.unit_digits - digits, room.text);
  }
  return made(Kind::number, room);
}

/// The digits of a fraction that microseconds do not hold: three of them.
void append_nanos(std::int64_t count, std::size_t begin, ByteBuffer& out) {
  std::int64_t nanos = count % 1000;
  if (nanos < 0) nanos += 1000;
  if (nanos == 0) return;
  // `12:34:56` or `12:34:56.789` becomes one with nine digits.
  const std::string_view text = out.view().substr(begin);
  const std::size_t point = text.rfind('.');
  std::size_t digits = point == std::string_view::npos ? 0 : text.size() - point - 1;
  if (point == std::string_view::npos) out.append('.');
  for (; digits < 6; ++digits) out.append('0');
  for (std::int64_t unit = 100; unit > 0; unit /= 10) out.append(static_cast<char>('0' + nanos / unit % 10));
}

Value text_form(std::string_view text) {
  Value value;
  value.kind = Kind::string;
  value.text = text;
  return value;
}

Value instant_form(const Value& value, PlainWish wish, PlainRoom& room) {
  if (!value.text.empty() && !wish.number) return text_form(value.text);
  std::int64_t us = 0;
  Value whole = value;
  if (value.digits == 9 && value.integer() % 1000 < 0) {
    // Towards the past, so that the nanoseconds are added.
    whole.digits = 6;
    whole.set_integer(value.integer() / 1000 - 1);
  }
  if (wish.number || instant_of(whole, us) != Parsed::ok) return time_number(value, wish, room);
  append_timestamp(us, 'T', "", room.text);
  const bool before_christ = room.text.view().ends_with(" BC");
  if (before_christ) room.text.truncate(room.text.size() - 3);
  if (value.digits == 9) append_nanos(value.integer(), 0, room.text);
  if (value.kind == Kind::instant) room.text.append('Z');
  if (before_christ) room.text.append(std::string_view(" BC"));
  return made(Kind::string, room);
}

Value date_form(const Value& value, PlainWish wish, PlainRoom& room) {
  std::int64_t day = 0;
  if (wish.number || day_of_date(value, day) != Parsed::ok) return time_number(value, {}, room);
  append_date(static_cast<std::int32_t>(day), room.text);
  return made(Kind::string, room);
}

Value time_form(const Value& value, PlainWish wish, PlainRoom& room) {
  std::int64_t us = 0;
  if (wish.number || time_of(value, us) != Parsed::ok) return time_number(value, wish, room);
  append_time(us, room.text);
  if (value.digits == 9) append_nanos(value.integer(), 0, room.text);
  return made(Kind::string, room);
}

Value uuid_form(const Value& value, PlainRoom& room) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < value.text.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) room.text.append('-');
    const auto byte = static_cast<unsigned char>(value.text[i]);
    room.text.append(kHex[byte >> 4U]);
    room.text.append(kHex[byte & 0xFU]);
  }
  return made(Kind::string, room);
}

}  // namespace

Value plain_form(const Value& value, PlainWish wish, PlainRoom& room) {
  room.text.clear();
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
    case Kind::boolean:
    case Kind::number:
    case Kind::string:
    case Kind::array:
    case Kind::object:
      return value;
    case Kind::integer:
      append_number(value.integer(), room.text);
      return made(Kind::number, room);
    case Kind::real:
      return real_form(value.real(), room);
    case Kind::single:
      return real_form(static_cast<float>(value.real()), room);
    case Kind::decimal:
      return decimal_form(value, room);
    case Kind::bytes:
      append_base64(value.text, room.text);
      return made(Kind::string, room);
    case Kind::instant:
    case Kind::local_time:
      return instant_form(value, wish, room);
    case Kind::date:
      return date_form(value, wish, room);
    case Kind::time:
      return time_form(value, wish, room);
    case Kind::uuid:
      return uuid_form(value, room);
    case Kind::duration:
      return text_form(value.text);
    case Kind::enumeration:
      if (!wish.number || !value.boolean) return text_form(value.text);
      append_number(value.integer(), room.text);
      return made(Kind::number, room);
  }
  return value;
}

void append_json(const Value& value, PlainRoom& room, ByteBuffer& out) {
  const Value plain = value.typed() ? plain_form(value, {}, room) : value;
  switch (plain.kind) {
    case Kind::absent:
    case Kind::null:
      out.append(std::string_view("null"));
      return;
    case Kind::boolean:
      out.append(std::string_view(plain.boolean ? "true" : "false"));
      return;
    case Kind::string:
      append_json_string(plain.text, out);
      return;
    default:
      out.append(plain.text);
  }
}

}  // namespace loom::decode
