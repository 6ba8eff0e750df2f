#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loom::formats {

/// One type of an Avro schema. https://avro.apache.org/docs/1.12.0/specification/
struct AvroType {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    int32,  ///< `int`
    int64,  ///< `long`
    float32,
    float64,
    bytes,
    string,
    record,
    enumeration,
    array,
    map,
    choice,  ///< a union
    fixed
  };
  /// Only where it fits the kind: a logical type that it does not fit is passed over, as the specification asks.
  enum class Logical : std::uint8_t {
    none,
    decimal,
    big_decimal,
    uuid,
    date,
    time_ms,
    time_us,
    timestamp_ms,
    timestamp_us,
    timestamp_ns,
    local_timestamp_ms,
    local_timestamp_us,
    local_timestamp_ns,
    duration
  };
  struct Field {
    std::string name;
    std::vector<std::string> aliases;
    std::uint32_t type = 0;  ///< index into AvroSchema::types
  };

  Kind kind = Kind::null;
  Logical logical = Logical::none;
  int precision = 0;                    ///< of decimal
  int scale = 0;                        ///< likewise
  std::size_t size = 0;                 ///< of fixed: its bytes
  std::string name;                     ///< of record, enumeration, fixed: the full name
  std::string connect_name{};           ///< what Kafka Connect's converters call the type: `io.debezium.data.Uuid`
  int connect_bits = 0;                 ///< of int: those that Kafka Connect says it has; 0: it does not say
  std::vector<Field> fields;            ///< of record, in their order on the wire
  std::vector<std::string> symbols;     ///< of enumeration
  std::vector<std::uint32_t> branches;  ///< of choice: its types; of array and map: one, the elements' type
};

/// A writer's schema, whole: what it refers to is in it. Recursive types are indices that lead back.
/// Immutable.
struct AvroSchema {
  std::vector<AvroType> types;  ///< [0] is the root
};

struct ParsedAvroSchema {
  std::optional<AvroSchema> schema;
  std::string problem;  ///< why there is none, for a person
};

/// Reads an Avro schema as JSON text. `references`: the texts of the schemas that it refers to by name, those first
/// that others need. Takes what libraries accept beyond the specification: names with dots, hyphens, digits and
/// letters of any script; a `decimal` without precision.
/// Fails: see ParsedAvroSchema; never throws but for memory. Bounded: text of 10 MB, 1,000 levels, 100,000 types.
ParsedAvroSchema parse_avro_schema(std::string_view text, const std::vector<std::string>& references = {});

}  // namespace loom::formats
