#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::formats {

/// One (sub)schema of a JSON Schema, as far as it says which fields there are and of which types.
/// https://json-schema.org/draft/2020-12/json-schema-core, https://json-schema.org/draft-07/json-schema-core
struct JsonSchemaType {
  /// Bits: a schema may allow several types.
  using Kinds = std::uint8_t;
  static constexpr Kinds kNull = 1;
  static constexpr Kinds kBoolean = 2;
  static constexpr Kinds kInteger = 4;
  static constexpr Kinds kNumber = 8;
  static constexpr Kinds kText = 16;
  static constexpr Kinds kList = 32;
  static constexpr Kinds kObject = 64;
  /// What `format` says of a text.
  enum class Form : std::uint8_t { none, date_time, date, time, duration, uuid, address };

  struct Field {
    std::string name;
    std::uint32_t type = 0;  ///< index into JsonSchema::types
  };

  Kinds kinds = 0;  ///< 0: it does not say
  Form form = Form::none;
  bool single = false;                  ///< number: Kafka Connect says that it is a float
  int bits = 64;                        ///< integer: as Kafka Connect says
  std::optional<int> decimal_scale;     ///< number: Kafka Connect says that it is a Decimal of so many digits behind
  int decimal_precision = 0;            ///< likewise; 0: not given
  std::vector<Field> fields;            ///< `properties`
  std::vector<std::string> required;    ///< their names; also of fields that another part of `all` has
  std::optional<std::uint32_t> items;   ///< of list: its elements' type
  std::optional<std::uint32_t> others;  ///< of object: the type of fields that `fields` has not, where it says that
                                        ///< there are some
  std::vector<std::uint32_t> all;       ///< what holds besides: `allOf`, `$ref`
  std::vector<std::uint32_t> any;       ///< one of these holds besides: `oneOf`, `anyOf`
};

/// A whole schema. Recursive types are indices that lead back.
/// Immutable.
struct JsonSchema {
  std::vector<JsonSchemaType> types;  ///< [0] is the root
};

struct ParsedJsonSchema {
  std::optional<JsonSchema> schema;
  std::string problem;  ///< why there is none, for a person
};

/// A schema that others refer to, by the name in front of their `$ref`'s `#`.
struct JsonSchemaReference {
  std::string name;
  std::string text;
};

/// Reads a JSON Schema, draft 4 to 2020-12. What says nothing about types and fields is passed over; a `$ref` that
/// leads nowhere, or to an `$anchor`, is a type of which nothing is known.
/// Fails: see ParsedJsonSchema; never throws but for memory. Bounded: text of 10 MB, 1,000 levels, 100,000 types.
ParsedJsonSchema parse_json_schema(std::string_view text, const std::vector<JsonSchemaReference>& references = {});

}  // namespace loom::formats
