#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/byte_buffer.h"
#include "base/reject.h"
#include "decode/connect/connect_types.h"
#include "decode/json/json_walk.h"
#include "decode/values.h"
#include "decode/wanted_paths.h"

namespace loom::decode {

/// Values of change events without a schema, whose types the mapping does not name either: what the column leaves no
/// doubt of is read so, the rest is refused. A decimal that brings its own scale is read in any case.
/// Threads: one at a time.  Owns: bytes that values are views into, until the next message.
class UnnamedUnits {
 public:
  /// `message_bytes`: of the message at hand.
  void begin(std::size_t message_bytes);
  /// Also of the elements of a list. `path`: for people.
  std::optional<Reject> read(const Wish& wish, const std::string& path, Value& value, Values& values);
  /// {"scale": 2, "value": "BM4="} becomes a decimal.
  void read_decimal(Value& value);

 private:
  std::optional<Reject> read_one(const Wish& wish, const std::string& path, Value& value, bool is_element);

  ByteBuffer room_;
  BitTexts bits_;
  JsonWalk walk_;
};

}  // namespace loom::decode
