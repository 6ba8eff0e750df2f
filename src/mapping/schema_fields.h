#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/schema.h"
#include "mapping/paths.h"
#include "mapping/plan.h"
#include "mapping/value_types.h"

namespace loom::mapping {

/// What a schema says about a field.
struct SchemaField {
  enum class Kind : std::uint8_t {
    boolean,
    integer,  ///< `bits`, `is_signed`; also of a list of them
    real,     ///< a double
    single,   ///< a float
    decimal,  ///< `precision`, `scale`
    text,
    bytes,
    bits,        ///< a run of them
    instant,     ///< a point in time
    local_time,  ///< date and time of a wall clock whose zone nobody says
    date,
    time,
    uuid,
    duration,
    address,      ///< IPv4, IPv6
    enumeration,  ///< the name
    list,         ///< of `element`
    object,       ///< a record, a message, a map
    varied,       ///< of one of several kinds that no column type but json has in common
    unknown,      ///< the schema leaves it open
  };
  Kind kind = Kind::unknown;
  int bits = 64;
  bool is_signed = true;
  int precision = 0;  ///< 0: not given
  int scale = 0;
  Kind element = Kind::unknown;
  bool nullable = false;  ///< it may be null, or something above it, or be told from not being there (Protobuf)
  bool required = true;   ///< it is there in each message, as everything above it; it may be null
  bool operator==(const SchemaField&) const = default;

  /// Whether each message has a value for it.
  [[nodiscard]] bool is_certain() const { return required && !nullable; }
};

/// A topic's values as its schema has them.
struct TopicSchema {
  std::shared_ptr<const formats::Schema> schema;
  std::string message;  ///< of Protobuf: which of its messages, by its full name; empty: the first
  std::string name;     ///< for people: `version 3 of orders-value`, `orders.avsc`
  bool is_only = true;  ///< no message is of another schema, an earlier version of it, say
};
/// By topic, as the mapping file names it.
using TopicSchemas = std::map<std::string, TopicSchema>;

/// The schema of the topic's values: of the mapping's own file, else from `known`; without `schema`: there is none.
TopicSchema schema_of(const TopicMapping& topic, const TopicSchemas& known);

/// The field that a decoder finds at the path, by its own rules: Avro's fields by name, else by alias, in whichever
/// branch of a union has it, in maps any name; Protobuf's by name, else by JSON name, well-known types as what they
/// stand for; JSON Schema's properties in whichever part has them. `[n]` leads to a list's element. Nothing where no
/// message of the schema has such a field. `message`: Protobuf's, by its full name; empty: the file's first.
std::optional<SchemaField> field_at(const formats::Schema& schema, std::string_view message,
                                    const std::vector<PathStep>& path);

/// The path into the message of what stands at `path` in each element of the list at `array`, a key of array_mappings.
std::vector<PathStep> path_in_element(const std::string& array, const std::string& path);

/// The names of the fields that stand at the path, in the schema's order; none where anything may stand.
std::vector<std::string> names_at(const formats::Schema& schema, std::string_view message,
                                  const std::vector<PathStep>& path);

/// The type that create-tables gives a column for the field, `unspecified` for an unknown one. Instants and local times
/// both are `timestamp`, whose column is TIMESTAMPTZ: a local time counts as UTC. Lists are `array` of texts,
/// `float_array` of floats, else `json`, since neither keeps a double or an integer whole. An unsigned integer of 64
/// bits is decimal(20,0).
NamedType column_type(const SchemaField& field);

/// The kinds of two sources of one column, or of two branches, in one.
SchemaField either(const SchemaField& a, const SchemaField& b);

/// `a 32-bit integer`, `a list of texts`, for people.
std::string describe(const SchemaField& field);

/// A path that leads to the first of the fields that could be meant, where `path` leads nowhere: `data.wird` and a
/// field `word` give `data.word`. Empty: none is near.
std::string meant_path(const formats::Schema& schema, std::string_view message, const std::vector<PathStep>& path);

}  // namespace loom::mapping
