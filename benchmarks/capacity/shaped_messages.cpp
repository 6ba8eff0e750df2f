#include "shaped_messages.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace loom::bench {
namespace {

constexpr std::uint64_t kDevices = 50;
constexpr std::uint64_t kMillisecondsOfADay = 86'400'000;
constexpr std::size_t kWordsSize = std::size_t{1} << 20U;

/// splitmix64: every number has another image.
std::uint64_t mix(std::uint64_t number) {
  number += 0x9E3779B97F4A7C15U;
  number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
  number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
  return number ^ (number >> 31U);
}

void append_digits(std::uint64_t number, std::size_t digits, std::string& out) {
  const std::size_t begin = out.size();
  out.append(digits, '0');
  for (std::size_t i = digits; i > 0 && number > 0; --i, number /= 10) {
    out[begin + i - 1] = static_cast<char>('0' + number % 10);
  }
}

void append_hexadecimal(std::uint64_t number, std::size_t digits, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = digits; i > 0; --i) out += kDigits[(number >> (4 * (i - 1))) & 0xFU];
}

void append_uuid(std::uint64_t key, std::string& out) {
  const std::uint64_t high = mix(2 * key);
  const std::uint64_t low = mix(2 * key + 1);
  append_hexadecimal(high >> 32U, 8, out);
  out += '-';
  append_hexadecimal(high >> 16U, 4, out);
  out += '-';
  append_hexadecimal(high, 4, out);
  out += '-';
  append_hexadecimal(low >> 48U, 4, out);
  out += '-';
  append_hexadecimal(low, 12, out);
}

/// Words, so that a text can be compressed as much as texts can.
std::string make_words(std::uint64_t seed) {
  static constexpr std::array<std::string_view, 16> kWords{"pressure", "in",    "the",     "northern", "section", "was",
                                                           "measured", "again", "after",   "repair",   "steady",  "low",
                                                           "sensor",   "value", "warning", "cleared"};
  std::string out;
  for (std::uint64_t i = 0; out.size() < kWordsSize; ++i) {
    const std::uint64_t drawn = mix(seed + i);
    out += kWords[drawn % kWords.size()];
    if (drawn >> 62U == 0) out += fmt::format(" {}", (drawn >> 40U) & 0xFFFFU);
    out += ' ';
  }
  return out;
}

bool has_own_key(const MessageShape& shape) { return shape.key != KeyOrder::device; }

}  // namespace

ShapedMessages::ShapedMessages(const MessageShape& shape)
    : shape_(shape), words_(make_words(shape.seed)), seen_(shape.keys, false) {
  // Device, time and text; a key of its own, or the element's position.
  const std::size_t fixed = 3 + (has_own_key(shape) ? 1 : 0) + (shape.rows > 1 ? 1 : 0);
  if (shape.rows > 1 && has_own_key(shape)) throw std::invalid_argument("rows of a list have the device's key");
  if (shape.columns < fixed) throw std::invalid_argument(fmt::format("there are at least {} columns", fixed));
  numbers_ = shape.columns - fixed;
  std::string message;
  next(message);
  index_ = different_ = drawn_ = 0;
  seen_.assign(shape.keys, false);
  // One byte of a text less or more in each row: as near to the size as that gets.
  if (message.size() > shape.bytes) {
    throw std::invalid_argument(fmt::format("{} columns take {} bytes", shape.columns, message.size()));
  }
  note_size_ = (shape.bytes - message.size()) / shape.rows;
  if (note_size_ >= kWordsSize / 2) throw std::invalid_argument("a text is half a megabyte at most");
}

std::size_t ShapedMessages::row_bytes() const {
  constexpr std::size_t kDeviceAndTime = 9 + 8;
  const std::size_t key = shape_.key == KeyOrder::uuid ? 16 : has_own_key(shape_) || shape_.rows > 1 ? 8 : 0;
  return kDeviceAndTime + key + 8 * numbers_ + note_size_;
}

std::uint64_t ShapedMessages::choose_key() {
  const std::uint64_t drawn = mix(shape_.seed ^ mix(index_++));
  if (shape_.keys > 0) {
    const std::uint64_t key = drawn % shape_.keys;
    if (!seen_[key]) ++different_;
    seen_[key] = true;
    return key;
  }
  const bool repeats = different_ > 0 && static_cast<double>(drawn >> 32U) < shape_.repeats * 4294967296.0;
  return repeats ? mix(drawn) % different_ : different_++;
}

void ShapedMessages::write_head(std::uint64_t key, std::string& out) {
  out += R"({"device_id":"device-)";
  append_digits(key % kDevices, 2, out);
  out += R"(","timestamp":"2026-01-01T)";
  const std::uint64_t milliseconds = key / kDevices % kMillisecondsOfADay;
  append_digits(milliseconds / 3'600'000, 2, out);
  out += ':';
  append_digits(milliseconds / 60'000 % 60, 2, out);
  out += ':';
  append_digits(milliseconds / 1000 % 60, 2, out);
  out += '.';
  append_digits(milliseconds % 1000, 3, out);
  out += R"(Z")";
  if (shape_.key == KeyOrder::uuid) {
    out += R"(,"id":")";
    append_uuid(key, out);
    out += '"';
  } else if (shape_.key == KeyOrder::number) {
    out += R"(,"id":)";
    append_digits(key + 1'000'000'000'000U, 13, out);
  }
}

void ShapedMessages::write_element(std::string& out) {
  for (std::size_t i = 1; i <= numbers_; ++i) {
    const std::uint64_t drawn = mix(drawn_++);
    out += R"("c)";
    append_digits(i, i < 10 ? 1 : i < 100 ? 2 : 3, out);
    out += R"(":)";
    append_digits(10 + drawn % 90, 2, out);
    out += '.';
    append_digits(drawn >> 40U, 6, out);
    out += ',';
  }
  out += R"("note":")";
  out.append(words_, mix(drawn_++) % (kWordsSize / 2), note_size_);
  out += '"';
}

std::uint64_t ShapedMessages::next(std::string& out) {
  out.clear();
  const std::uint64_t key = choose_key();
  write_head(key, out);
  out += ',';
  if (shape_.rows == 1) {
    write_element(out);
  } else {
    out += R"("items":[)";
    for (std::size_t i = 0; i < shape_.rows; ++i) {
      out += i == 0 ? "{" : ",{";
      write_element(out);
      out += '}';
    }
    out += ']';
  }
  out += '}';
  return key;
}

}  // namespace loom::bench
