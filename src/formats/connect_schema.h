#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::formats {

/// One type of a schema as Kafka Connect's JsonConverter writes it in front of each message (schemas.enable).
/// https://github.com/apache/kafka/blob/3.9/connect/json/src/main/java/org/apache/kafka/connect/json/JsonSchema.java
struct ConnectType {
  enum class Kind : std::uint8_t { unknown, boolean, integer, real, text, bytes, list, map, object };
  struct Field {
    std::string name;
    std::uint32_t type = 0;  ///< index into ConnectSchema::types
  };
  Kind kind = Kind::unknown;
  int bits = 0;                        ///< of integer and real
  bool optional = false;               ///< the value may be null
  std::string name;                    ///< of the logical type: `io.debezium.time.Date`; empty: none
  std::optional<int> precision;        ///< parameter of org.apache.kafka.connect.data.Decimal, where a source gives it
  std::optional<int> scale;            ///< likewise, always there
  std::optional<int> length;           ///< parameter of io.debezium.data.Bits
  std::vector<Field> fields;           ///< of object
  std::optional<std::uint32_t> items;  ///< of list
};

/// A whole schema. Immutable.
struct ConnectSchema {
  std::vector<ConnectType> types;  ///< [0] is the root

  /// The field of this name in the type of that index; nothing: it has none.
  [[nodiscard]] std::optional<std::uint32_t> field(std::uint32_t type, std::string_view name) const;
};

/// Nothing where the text is no such schema. Never throws but for memory. Bounded: text of 10 MB, 100 levels, 100,000
/// types.
std::optional<ConnectSchema> parse_connect_schema(std::string_view text);

}  // namespace loom::formats
