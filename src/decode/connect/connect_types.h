#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "decode/json/json_walk.h"
#include "decode/values.h"
#include "formats/connect_schema.h"

namespace loom::decode {

/// What a value of Kafka Connect's JSON stands for by the logical type in its schema.
/// https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-data-types
enum class ConnectMeaning : std::uint8_t {
  plain,
  decimal,           ///< Base64 of the unscaled number
  variable_decimal,  ///< {"scale": 2, "value": Base64}
  date,              ///< days
  time,              ///< units since midnight
  local_time,        ///< units since 1970
  duration,          ///< microseconds
  bits,              ///< Base64, the first bit is the lowest of the first byte
  bytes,             ///< Base64
  json,              ///< a text that is JSON
};

/// Texts of bits, which may be far longer than what they were sent as. They stay where they are until clear().
class BitTexts {
 public:
  void clear();
  /// Base64 of bits, the first one the lowest of the first byte, as text of noughts and ones, the highest first.
  /// `length`: how many there are, since bytes of zeros at the end are not sent; 0: nobody says, and those in front are
  /// lost (Debezium 3.6.1 of a `bit varying`). What is no Base64, or would be too long, stays as it is.
  Value of(const Value& base64, int length);

 private:
  std::deque<std::string> texts_;
  std::size_t bytes_ = 0;
  ByteBuffer decoded_;
};

/// One message's values, given the types that its schema says: the conversions of typed values (Value::Kind) then hold.
/// Threads: one at a time.  Owns: bytes that values are views into, until the next message.
class ConnectTypes {
 public:
  /// `wanted`: the paths whose slots are typed, from the root of `schema`.
  ConnectTypes(const formats::ConnectSchema& schema, const WantedPaths& wanted);

  void apply(Values& values, std::size_t message_bytes);
  /// Under the binary.handling.modes of Base64, where bytes are texts, a null also stands for bytes that did not change
  /// (seen from Debezium 3.6.1): such values become absent. Of updates only.
  void forget_untold_bytes(Values& values) const;

 private:
  struct Typed {
    std::uint16_t slot = 0;
    ConnectMeaning meaning = ConnectMeaning::plain;
    int digits = 0;  ///< of times: 10^digits units a second; of decimals: behind the point; of bits: how many
    bool of_elements = false;
  };

  void add(const formats::ConnectSchema& schema, std::uint32_t type, const WantedPaths& wanted, std::uint16_t node);
  static Typed meaning_of(const formats::ConnectType& type);
  void give(const Typed& typed, Value& value);
  void give_decimal(std::string_view base64, int scale, Value& value);
  void give_variable_decimal(Value& value);

  std::vector<Typed> typed_;
  std::vector<std::uint16_t> text_for_bytes_;  ///< slots
  BitTexts bits_;
  ByteBuffer room_;
  JsonWalk walk_;
};

/// A length of time as ISO 8601 has it. The text is put into `room`.
Value duration_of(std::int64_t microseconds, ByteBuffer& room);

/// What the Base64 of a text encodes, put into `room`; what is no Base64 stays as it is.
Value bytes_of(const Value& base64, ByteBuffer& room);

/// A text that is JSON, as if it stood there without its quotes; what is no JSON stays as it is.
Value json_of(const Value& text, JsonWalk& walk);

/// Whether the value is a whole number of 64 bits, as JSON has it or by a schema.
bool whole_number(const Value& value, std::int64_t& number);

/// {"scale": 2, "value": "BM4="}, as Debezium has a decimal whose column has no scale, with or without a schema.
/// `unscaled`: the Base64. False: it is something else.
bool read_variable_decimal(std::string_view json, JsonWalk& walk, int& scale, std::string_view& unscaled);

}  // namespace loom::decode
