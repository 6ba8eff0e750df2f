#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapping_file.h"

namespace loom::samples {

/// A small generator whose numbers are the same on every machine (SplitMix64); the standard library's distributions
/// are not.
class SampleRandom {
 public:
  explicit SampleRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// From 0 to bound - 1.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32U) * bound) >> 32U; }

 private:
  std::uint64_t state_;
};

/// What the values of one message depend on.
struct SampleContext {
  std::uint64_t seed = 0;
  std::uint64_t index = 0;   ///< of the message
  std::int64_t time_us = 0;  ///< the message's own time, unique in its run
  std::string_view device;
  std::uint64_t element = 0;  ///< of an array mapping
};

/// How one value of a message is made up. Chosen once per mapping, then run for each message.
struct SampleValue {
  enum class Kind : std::uint8_t {
    device,
    iso_time,
    unix_time,
    uuid,
    counter,
    integer,
    decimal,
    boolean,
    word,
    sentence,
    url,
    email,
    base64,
    object,
    text_list,
    number_list,
  };
  Kind kind = Kind::word;
  std::int64_t low = 0;  ///< integer, decimal (scaled), iso_time (seconds beside the message's own time)
  std::int64_t high = 0;
  std::uint32_t digits = 0;  ///< decimal: how many after the point; unix_time: the unit, 3 for milliseconds;
                             ///< base64 and lists: how many bytes or items
  const std::vector<std::string_view>* words = nullptr;

  /// Appends the value as JSON.
  void append(std::string& out, const SampleContext& context, SampleRandom& random) const;
};

/// A value that fits the type, and looks as the column's or the field's name says: a latitude is a latitude.
SampleValue choose_value(std::string_view column, std::string_view field, mapping::ValueType type,
                         mapping::Transform transform);

/// `2025-01-01T00:00:00.000123Z`, without quotes.
void append_iso_time(std::string& out, std::int64_t time_us);
void append_integer(std::string& out, std::int64_t value);

}  // namespace loom::samples
