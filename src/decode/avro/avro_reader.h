#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/reject.h"
#include "decode/avro/avro_code.h"
#include "decode/avro/text_room.h"
#include "decode/plain_text.h"
#include "decode/value.h"

namespace loom::decode::avro {

/// Data nested deeper than this is refused, as in JSON.
inline constexpr unsigned kMaxNesting = 1000;

/// One message's bytes, read from left to right. Each function takes the place to read from and returns the place
/// behind what it read, so that it stays in a register.
/// Threads: one at a time.
/// Fails:   nullptr, and reject() says why and where.
class Reader {
 public:
  Reader(const formats::AvroSchema& schema, TextRoom& texts) : schema_(schema), texts_(texts) {}

  void open(std::string_view bytes);
  [[nodiscard]] const char* end() const { return end_; }
  [[nodiscard]] std::size_t left(const char* at) const { return static_cast<std::size_t>(end_ - at); }

  /// A number of variable length, as it is on the wire, without the zigzag.
  const char* varint(const char* at, std::uint64_t& number);
  const char* integer(const char* at, std::int64_t& number);
  /// A length that the bytes behind it have.
  const char* size(const char* at, std::size_t& size);
  const char* skip(const char* at, std::uint64_t count);
  /// The value of a scalar step. Overwrites what the value held.
  const char* scalar(const Step& step, const char* at, Value& value);
  const char* skip_varints(const char* at, std::uint32_t count);
  /// A scalar that is the whole payload, without its length: of a step for bytes or a decimal of any kind.
  const char* bare(const Step& step, std::string_view payload, Value& value);

  /// The head of a list's or map's block. `count` is 0 behind the last one. `bytes`: the block's, where it says so.
  /// `least`: bytes that an element takes; `weight`: how much an element counts that takes none.
  const char* block(const char* at, std::uint32_t least, std::uint32_t weight, std::uint64_t& count,
                    std::optional<std::size_t>& bytes);
  /// Passes all blocks. `read` passes each element.
  template <typename Read>
  const char* elements(const char* at, std::uint32_t least, std::uint32_t weight, const Read& read);

  // Always nullptr
  const char* fail(const char* at, std::string what, RejectReason reason = RejectReason::not_decodable);
  const char* bad_branch(const char* at, std::int64_t index, std::size_t count);
  const char* too_deep(const char* at);
  const char* left_over(const char* at);
  /// After a failure: it was inside this field.
  const char* failed_in(const std::string& name);
  [[nodiscard]] Reject reject() const;

 private:
  const char* long_varint(const char* at, std::uint64_t& number);
  const char* bad_varint(const char* at);
  const char* too_short(const char* at, const char* what, std::uint64_t wanted);
  const char* bad_size(const char* at, std::int64_t size);
  const char* bad_block(const char* at, const char* behind, std::uint64_t count, std::uint32_t least);
  const char* bad_text(const char* at);
  const char* bad_int(const char* at, std::int64_t number);
  const char* bad_boolean(const char* at);
  const char* bad_symbol(const char* at, std::int64_t index, std::size_t count);
  const char* big_decimal(const char* at, Value& value);
  const char* number_and_scale(const char* at, const char* behind, Value& value);
  const char* duration(const char* at, Value& value);

  const formats::AvroSchema& schema_;
  TextRoom& texts_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t empty_elements_ = 0;  ///< that lists may still have
  RejectReason reason_ = RejectReason::not_decodable;
  std::string problem_;
  std::string field_;
  std::size_t position_ = 0;
};

// These three are in the loop over the steps: not left to the compiler, which counts the calls of a whole folder.
[[gnu::always_inline]] inline const char* Reader::varint(const char* at, std::uint64_t& number) {
  if (at != end_ && static_cast<signed char>(*at) >= 0) [[likely]] {
    number = static_cast<unsigned char>(*at);
    return at + 1;
  }
  // Not into `number` itself: a variable whose address is given away cannot stay in a register.
  std::uint64_t other = 0;
  at = long_varint(at, other);
  number = other;
  return at;
}

[[gnu::always_inline]] inline const char* Reader::integer(const char* at, std::int64_t& number) {
  std::uint64_t bits = 0;
  at = varint(at, bits);
  number = static_cast<std::int64_t>(bits >> 1U) ^ -static_cast<std::int64_t>(bits & 1U);
  return at;
}

[[gnu::always_inline]] inline const char* Reader::size(const char* at, std::size_t& size) {
  std::int64_t number = 0;
  const char* const behind = integer(at, number);
  if (behind == nullptr) [[unlikely]]
    return nullptr;
  // A negative one is larger than any.
  if (static_cast<std::uint64_t>(number) > left(behind)) [[unlikely]]
    return bad_size(at, number);
  size = static_cast<std::size_t>(number);
  return behind;
}

inline const char* Reader::skip(const char* at, std::uint64_t count) {
  if (count > left(at)) [[unlikely]]
    return too_short(at, "fields", count);
  return at + count;
}

template <typename Read>
inline const char* Reader::elements(const char* at, std::uint32_t least, std::uint32_t weight, const Read& read) {
  for (;;) {
    std::uint64_t count = 0;
    std::optional<std::size_t> bytes;
    at = block(at, least, weight, count, bytes);
    if (at == nullptr || count == 0) return at;
    for (; count != 0; --count) {
      at = read(at);
      if (at == nullptr) return nullptr;
    }
  }
}

// In the loop over the steps, once for each wanted field.
[[gnu::always_inline]] inline const char* Reader::scalar(const Step& step, const char* at, Value& value) {
  value.nul = false;
  switch (step.op) {
    case Op::null:
      value.kind = Value::Kind::null;
      return at;
    case Op::boolean: {
      if (at == end_ || static_cast<unsigned char>(*at) > 1) [[unlikely]]
        return bad_boolean(at);
      value.kind = Value::Kind::boolean;
      value.boolean = *at != 0;
      return at + 1;
    }
    case Op::int32:
    case Op::int64: {
      std::int64_t number = 0;
      const char* const behind = integer(at, number);
      if (behind == nullptr) [[unlikely]]
        return nullptr;
      if (step.op == Op::int32 && number != static_cast<std::int32_t>(number)) [[unlikely]]
        return bad_int(at, number);
      value.kind = step.kind;
      value.digits = step.digits;
      value.boolean = false;  // what an instant may have beside its number: the slot's last value may have left some
      value.text = {};
      value.set_integer(number);
      return behind;
    }
    case Op::float32: {
      if (left(at) < sizeof(float)) [[unlikely]]
        return too_short(at, "a float", sizeof(float));
      float number = 0;
      std::memcpy(&number, at, sizeof number);
      value.kind = Value::Kind::single;
      value.set_real(number);
      return at + sizeof number;
    }
    case Op::float64: {
      if (left(at) < sizeof(double)) [[unlikely]]
        return too_short(at, "a double", sizeof(double));
      std::uint64_t bits = 0;
      std::memcpy(&bits, at, sizeof bits);
      value.kind = Value::Kind::real;
      value.set_integer(static_cast<std::int64_t>(bits));
      return at + sizeof bits;
    }
    case Op::string: {
      std::size_t bytes = 0;
      const char* const text = size(at, bytes);
      if (text == nullptr) [[unlikely]]
        return nullptr;
      value.kind = Value::Kind::string;
      value.text = {text, bytes};
      if (!is_plain_text(text, bytes)) [[unlikely]] {
        if (!is_text(value.text, value.nul)) return bad_text(at);
      }
      return text + bytes;
    }
    case Op::bytes:
    case Op::decimal: {
      std::size_t bytes = 0;
      at = size(at, bytes);
      if (at == nullptr) [[unlikely]]
        return nullptr;
      value.kind = step.kind;
      value.text = {at, bytes};
      if (step.op == Op::decimal) {
        value.kind = Value::Kind::decimal;
        value.set_integer(static_cast<std::int32_t>(step.a));
      }
      return at + bytes;
    }
    case Op::fixed:
    case Op::fixed_decimal: {
      if (left(at) < step.b) [[unlikely]]
        return too_short(at, "a fixed", step.b);
      value.kind = step.kind;
      value.text = {at, step.b};
      if (step.op == Op::fixed_decimal) {
        value.kind = Value::Kind::decimal;
        value.set_integer(static_cast<std::int32_t>(step.a));
      }
      return at + step.b;
    }
    case Op::enumeration: {
      std::int64_t index = 0;
      const char* const behind = integer(at, index);
      if (behind == nullptr) [[unlikely]]
        return nullptr;
      const auto& symbols = schema_.types[step.a].symbols;
      if (static_cast<std::uint64_t>(index) >= symbols.size()) [[unlikely]]
        return bad_symbol(at, index, symbols.size());
      value.kind = Value::Kind::enumeration;
      value.boolean = false;
      value.text = symbols[static_cast<std::size_t>(index)];
      return behind;
    }
    case Op::big_decimal:
      return big_decimal(at, value);
    case Op::duration:
      return duration(at, value);
    default:
      return at;
  }
}

}  // namespace loom::decode::avro
