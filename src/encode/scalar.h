#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "decode/json/json_decoder.h"
#include "decode/json/json_walk.h"
#include "decode/plain_form.h"
#include "decode/value.h"
#include "mapping/mapping_file.h"

namespace loom::encode {

/// How a conversion went; what is not ok becomes a dead letter of that name.
enum class Conversion : std::uint8_t { ok, failed, out_of_range, invalid_text };

/// A converted value on its way into a field, the same for both forms of COPY. Which member holds it depends on the
/// column's type; none is set that is not used.
struct Scalar {
  std::int64_t integer;   ///< boolean, integers, timestamps and times in microseconds, dates in days since 2000
  double real;            ///< float4 (exactly a float) and float8
  std::string_view text;  ///< text, enumeration, json, jsonb, bytea, numeric (its digits), other
  std::array<std::uint8_t, 20> octets;  ///< uuid: 16 of them; inet, cidr: as binary COPY has them
};

/// What conversions need beside the value: reused buffers, so that nothing is allocated per field.
/// Threads: one at a time.
class Scratch {
 public:
  explicit Scratch(mapping::NulPolicy policy) : nul(policy) {}

  /// The list that a string holds as JSON text, or nullptr. It holds until the next call.
  const decode::Value* list_in(std::string_view text);
  [[nodiscard]] const decode::Values& list_values() const { return list_decoder_->values(); }
  /// The value that a string holds as JSON text, or nullptr. It holds until the next call, also of list_in().
  const decode::Value* json_in(std::string_view text);

  mapping::NulPolicy nul;
  bool of_events = false;              ///< change events: Debezium has numbers for infinity
  bool is_decimal = false;             ///< the value at hand is a decimal by its schema, and comes as its digits
  mapping::TypeParameters parameters;  ///< of the column at hand, set only for conversions that ask for them
  std::int32_t numeric_modifier = -1;  ///< likewise
  std::vector<std::uint32_t> limbs;    ///< of a long number
  ByteBuffer bytes;                    ///< for the conversion at hand
  ByteBuffer plain;                    ///< a text field before escaping
  ByteBuffer array;                    ///< an array literal before escaping
  ByteBuffer instant;                  ///< the time of ingestion as text
  decode::PlainRoom plain_form;        ///< of a typed value on its way through the rules for JSON
  decode::JsonWalk walk;  ///< over a value's own JSON text; strings that it gives hold until it opens another one
  std::vector<decode::Value> leaves;  ///< of lists of lists
  decode::JsonWalk shape;             ///< over a value that becomes another type's text

 private:
  std::unique_ptr<decode::JsonDecoder> list_decoder_;  ///< made when the first such string comes
};

}  // namespace loom::encode
