#include "decode/avro/avro_reader.h"

#include <charconv>

#include "decode/varint.h"

namespace loom::decode::avro {
namespace {

// Elements that take no bytes cost nothing to send. A message's lists may have as many in all.
constexpr std::uint64_t kMostEmptyElements = 1'000'000;
constexpr std::size_t kLongestPath = 200;

std::uint32_t little_endian(const char* bytes) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

constexpr std::size_t kMostDigits = 10;

char* number_with(std::uint32_t number, char unit, char* out) {
  if (number == 0) return out;
  out = std::to_chars(out, out + kMostDigits, number).ptr;
  *out++ = unit;
  return out;
}

}  // namespace

void Reader::open(std::string_view bytes) {
  begin_ = bytes.data();
  end_ = begin_ + bytes.size();
  empty_elements_ = kMostEmptyElements;
}

const char* Reader::long_varint(const char* at, std::uint64_t& number) {
  if (left(at) >= 8) {
    if (const char* const behind = varint_of_eight_bytes(at, number)) return behind;
  }
  std::uint64_t bits = 0;
  const char* next = at;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (next == end_) return bad_varint(at);
    const auto byte = static_cast<unsigned char>(*next++);
    if (shift == 63 && byte > 1) return bad_varint(at);
    bits |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      number = bits;
      return next;
    }
  }
  return bad_varint(at);
}

const char* Reader::bad_varint(const char* at) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (i == left(at)) return fail(at, "they end where a number was expected");
    if ((static_cast<unsigned char>(at[i]) & 0x80U) == 0) break;
  }
  return fail(at, "a number of more than 64 bits");
}

const char* Reader::too_short(const char* at, const char* what, std::uint64_t wanted) {
  return fail(at, std::string("they end too early: ") + what + " of " + std::to_string(wanted) + " bytes, where " +
                      std::to_string(left(at)) + " are left");
}

const char* Reader::bad_size(const char* at, std::int64_t size) {
  if (size < 0) return fail(at, "a length of " + std::to_string(size));
  std::int64_t again = 0;
  const char* const behind = integer(at, again);
  return fail(at,
              "a length of " + std::to_string(size) + " bytes, where " + std::to_string(left(behind)) + " are left");
}

const char* Reader::bad_int(const char* at, std::int64_t number) {
  return fail(at, "an int of " + std::to_string(number) + ", which has more than 32 bits");
}

const char* Reader::bad_boolean(const char* at) {
  if (at == end_) return too_short(at, "a boolean", 1);
  return fail(at, "a boolean of " + std::to_string(static_cast<unsigned char>(*at)) + ", which is neither 0 nor 1");
}

const char* Reader::bad_symbol(const char* at, std::int64_t index, std::size_t count) {
  return fail(at, "the symbol " + std::to_string(index) + " of an enum that has " + std::to_string(count));
}

const char* Reader::bad_branch(const char* at, std::int64_t index, std::size_t count) {
  return fail(at, "the branch " + std::to_string(index) + " of a union that has " + std::to_string(count));
}

const char* Reader::too_deep(const char* at) {
  return fail(at, "a value that is nested deeper than " + std::to_string(kMaxNesting) + " levels");
}

const char* Reader::left_over(const char* at) {
  return fail(at, std::to_string(left(at)) + " bytes are left behind the value");
}

const char* Reader::bad_text(const char* at) {
  return fail(at, "a string that is not UTF-8", RejectReason::invalid_text);
}

const char* Reader::big_decimal(const char* at, Value& value) {
  std::size_t bytes = 0;
  const char* const number = size(at, bytes);
  return number == nullptr ? nullptr : number_and_scale(number, number + bytes, value);
}

const char* Reader::number_and_scale(const char* at, const char* behind, Value& value) {
  std::size_t bytes = 0;
  std::int64_t scale = 0;
  const char* const number = size(at, bytes);
  const char* const end = number == nullptr ? nullptr : integer(number + bytes, scale);
  if (end == nullptr) return nullptr;
  if (end != behind || scale != static_cast<std::int32_t>(scale)) {
    return fail(at, "a big-decimal that is not a number and its scale");
  }
  value.kind = Value::Kind::decimal;
  value.text = {number, bytes};
  value.set_integer(scale);
  return behind;
}

const char* Reader::bare(const Step& step, std::string_view payload, Value& value) {
  value.nul = false;
  if (step.op == Op::big_decimal) return number_and_scale(payload.data(), end_, value);
  value.kind = step.kind;
  value.text = payload;
  if (step.op == Op::decimal) {
    value.kind = Value::Kind::decimal;
    value.set_integer(static_cast<std::int32_t>(step.a));
  }
  return end_;
}

const char* Reader::duration(const char* at, Value& value) {
  constexpr std::size_t kBytes = 12;
  if (left(at) < kBytes) return too_short(at, "a duration", kBytes);
  const std::uint32_t ms = little_endian(at + 8);
  char text[4 * kMostDigits + 16] = "P";
  char* out = number_with(little_endian(at), 'M', text + 1);
  out = number_with(little_endian(at + 4), 'D', out);
  if (ms != 0 || out == text + 1) {
    *out++ = 'T';
    out = std::to_chars(out, out + kMostDigits, ms / 1000).ptr;
    if (const std::uint32_t rest = ms % 1000; rest != 0) {
      *out++ = '.';
      for (std::uint32_t unit = 100; unit != 0; unit /= 10) *out++ = static_cast<char>('0' + rest / unit % 10);
    }
    *out++ = 'S';
  }
  value.kind = Value::Kind::duration;
  value.text = texts_.keep({text, static_cast<std::size_t>(out - text)});
  return at + kBytes;
}

const char* Reader::skip_varints(const char* at, std::uint32_t count) {
  for (std::uint64_t ignored = 0; count != 0 && at != nullptr; --count) at = varint(at, ignored);
  return at;
}

const char* Reader::block(const char* at, std::uint32_t least, std::uint32_t weight, std::uint64_t& count,
                          std::optional<std::size_t>& bytes) {
  std::int64_t number = 0;
  const char* behind = integer(at, number);
  if (behind == nullptr) return nullptr;
  count = static_cast<std::uint64_t>(number);
  if (number < 0) {
    count = 0 - count;
    std::size_t block_bytes = 0;
    behind = size(behind, block_bytes);
    if (behind == nullptr) return nullptr;
    bytes = block_bytes;
  }
  if (least != 0) {
    if (count > left(behind) / least) return bad_block(at, behind, count, least);
    return behind;
  }
  if (count > empty_elements_ / weight) return bad_block(at, behind, count, least);
  empty_elements_ -= count * weight;
  return behind;
}

const char* Reader::bad_block(const char* at, const char* behind, std::uint64_t count, std::uint32_t least) {
  const std::string elements = std::to_string(count) + " elements";
  if (least == 0) return fail(at, elements + " of no bytes, which are more than 1000000 in one message");
  return fail(at, elements + ", where " + std::to_string(left(behind)) + " bytes are left");
}

const char* Reader::fail(const char* at, std::string what, RejectReason reason) {
  problem_ = std::move(what);
  reason_ = reason;
  position_ = static_cast<std::size_t>(at - begin_);
  field_.clear();
  return nullptr;
}

const char* Reader::failed_in(const std::string& name) {
  if (name.empty()) return nullptr;
  if (field_.empty()) {
    field_ = name;
  } else if (field_.size() < kLongestPath) {
    field_.insert(0, name + ".");
  }
  return nullptr;
}

Reject Reader::reject() const {
  std::string text = "the bytes do not fit their Avro schema: " + problem_;
  if (!field_.empty()) text += ", in the field " + field_;
  text += " (byte " + std::to_string(position_) + ")";
  return Reject{reason_, std::move(text), {}};
}

}  // namespace loom::decode::avro
