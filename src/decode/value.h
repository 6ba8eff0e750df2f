#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace loom::decode {

/// One value found in a message, not yet converted: a view into the message or into the decoder's buffers.
/// Valid until the decoder's next message.
///
/// JSON knows the kinds up to `object`. Formats with schemas also give typed ones: what each holds is said beside it.
/// They never give `number` for what a typed kind can hold.
struct Value {
  enum class Kind : std::uint8_t {
    absent,
    null,
    boolean,
    number,  ///< text: a number by JSON's grammar
    string,  ///< text: UTF-8
    array,   ///< elements and count, where its elements are wanted; text: its JSON, where that is wanted
    object,  ///< text: its JSON, where that is wanted
    // Typed
    integer,      ///< integer()
    real,         ///< real(): a double of IEEE 754
    single,       ///< real(): exactly a float
    decimal,      ///< text: an unscaled big-endian two's complement of any length; integer(): how many of its digits
                  ///< stand behind the point, negative for zeros before it
    bytes,        ///< text: any bytes
    instant,      ///< integer(): units since 1970-01-01 00:00 UTC; `digits`: a second has 10^digits of them;
                  ///< `boolean`: as a number it counts microseconds, whatever they are; text: all of it, by ISO 8601,
                  ///< where the units do not hold it
    local_time,   ///< the same of a wall clock whose zone nobody says
    date,         ///< integer(): days since 1970-01-01
    time,         ///< integer(): units since midnight; `digits` as above
    uuid,         ///< text: 16 bytes, big-endian
    duration,     ///< text: an ISO 8601 duration (P1M2DT0.003S)
    enumeration,  ///< text: the name; integer(): the number, where `boolean` says that it has one
  };
  static constexpr std::size_t kKinds = 19;
  static constexpr Kind kFirstTyped = Kind::integer;

  Kind kind = Kind::absent;
  bool boolean = false;
  bool nul = false;         ///< string: it holds a NUL character; array and object: `\u0000` stands somewhere inside
  std::uint8_t digits = 0;  ///< of instant, local_time and time: 0, 3, 6 or 9
  std::string_view text;
  std::uint32_t elements = 0;  ///< array: index of its first element in Values::elements(), when collected
  std::uint32_t count = 0;     ///< array: how many elements were collected

  [[nodiscard]] bool present() const { return kind > Kind::null; }
  [[nodiscard]] bool typed() const { return kind >= kFirstTyped; }

  // A number shares its room with a list's elements: slots are written for every field of every message.
  [[nodiscard]] std::int64_t integer() const {
    return static_cast<std::int64_t>(std::uint64_t{count} << 32U | std::uint64_t{elements});
  }
  void set_integer(std::int64_t value) {
    elements = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value));
    count = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32U);
  }
  [[nodiscard]] double real() const { return std::bit_cast<double>(integer()); }
  void set_real(double value) { set_integer(std::bit_cast<std::int64_t>(value)); }
};

}  // namespace loom::decode
