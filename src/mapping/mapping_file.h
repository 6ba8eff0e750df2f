#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/format.h"
#include "mapping/time_storage.h"

namespace loom::formats {
struct Schema;
}

namespace loom::mapping {

/// The types of `data_types`; `unspecified` takes the column's own.
enum class ValueType : std::uint8_t {
  unspecified,
  string,
  integer,
  floating,
  boolean,
  timestamp,
  array,
  float_array,
  json,
  bytes,
  timestamp_s,
  timestamp_ms,
  timestamp_us,
  timestamp_ns,
  date_days,
  time_ms,
  time_us,
  time_ns,
  interval_us,
  decimal,
  decimal_base64,
  uuid,
  date,
  time,
  interval,
  inet
};
/// What stands in parentheses behind a type's name.
struct TypeParameters {
  int precision = 0;  ///< of decimal(P,S); 0: not given
  int scale = 0;      ///< of decimal(P,S) and decimal_base64(S)
  bool operator==(const TypeParameters&) const = default;
};
enum class Transform : std::uint8_t { none, base64_decode, timestamp_parse, json_stringify, json_parse };
enum class ConflictStrategy : std::uint8_t { ignore, update, replace };
enum class NulPolicy : std::uint8_t { reject, strip, replace };
/// What a row does that no partition of its table takes.
enum class NoPartition : std::uint8_t { stop, dead_letter };

/// What becomes of a child table's rows beyond the end of a list that has become shorter.
enum class Surplus : std::uint8_t { keep, remove };
/// Who gives a column its value that is GENERATED ALWAYS AS IDENTITY.
enum class Identity : std::uint8_t { generated, given };

/// What a topic's messages tell: rows, or what became of the rows of some table.
enum class Changes : std::uint8_t {
  none,
  debezium,  ///< as Debezium's connectors write them: https://debezium.io/documentation/reference/3.6/
};
/// What becomes of a message without a value.
enum class Tombstones : std::uint8_t {
  dead_letter,
  ignore,  ///< nothing; its offset is stored
  remove,  ///< the row of its key goes
};
/// What a delete does.
enum class Deletes : std::uint8_t {
  rows,  ///< the row goes
  mark,  ///< the row stays, and TopicMapping::deleted_at takes the time
};

/// Whether the tools, and the service where it may, make a topic's tables.
enum class CreateTable : std::uint8_t {
  by_mapping,   ///< with a column for each that the mapping feeds
  never,        ///< they are somebody else's
  from_schema,  ///< with a column of its own type for each field of the topic's first schema
};
/// What becomes of a field that a later schema has and the table has not.
enum class Evolve : std::uint8_t { off, add };

/// How a topic's values, or its keys, are to be read.
struct MessageFormat {
  formats::Format format = formats::Format::json;
  std::string file{};     ///< `schema_file` or `descriptor_file`, as the mapping has it; empty: schemas of a registry
  std::string message{};  ///< of a descriptor_file: which of its messages; empty: the only one of its last file
  std::shared_ptr<const formats::Schema> schema{};  ///< of the file
  bool operator==(const MessageFormat& other) const;

  /// Whether its messages name schemas that only a registry has.
  [[nodiscard]] bool needs_registry() const;
};

std::string_view to_string(formats::Format format);
std::string_view to_string(ValueType type);
std::string_view to_string(Transform transform);
std::string_view to_string(ConflictStrategy strategy);

struct TableName {
  std::string schema;  ///< empty: found by the search path
  std::string name;    ///< may hold `${topic}` while the topic is not known (see for_topic())

  /// Quoted for SQL: `"name"` or `"schema"."name"`.
  [[nodiscard]] std::string quoted() const;
  /// For people: `name` or `schema.name`, a part that holds a dot or a quote in quotes.
  [[nodiscard]] std::string display() const;
  auto operator<=>(const TableName&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm of clang-tidy 14
};

/// `"` doubled and the whole in quotes: safe as an SQL identifier.
std::string quote_identifier(std::string_view name);

struct FieldMapping {
  std::string source;  ///< a path, or `$key`, `$key.x`, `$headers.NAME`, ...
  std::string column;
  int line = 0;
};

struct ElementMapping {
  std::string key;  ///< `value` stands for a scalar element
  std::string column;
  int line = 0;
};

struct ForeignKey {
  std::string child_column;
  std::string parent_column;
  int line = 0;
};

struct ArrayMapping {
  std::string path;                ///< `$value`: the message itself
  std::optional<TableName> table;  ///< without: the elements become rows of the topic's own table
  std::vector<ForeignKey> foreign_key_mapping;
  std::vector<ElementMapping> element_mappings;
  std::optional<std::string> sequence_field;
  std::optional<Surplus> surplus;  ///< without: as the topic's conflict strategy asks
  int surplus_line = 0;
  int line = 0;
};

/// One topic's entry, as the file has it after defaults were applied; in file order throughout.
struct TopicMapping {
  std::string topic;  ///< a name, or a regular expression that starts with `^`
  bool is_pattern = false;
  TableName table;
  std::string description;
  std::vector<FieldMapping> field_mappings;  ///< empty: every column takes the field of its name
  std::map<std::string, ValueType> data_types;
  std::map<std::string, TypeParameters> type_parameters;  ///< of those in data_types that have some
  std::map<std::string, Transform> transforms;
  std::vector<std::string> required_fields;
  std::map<std::string, std::string> defaults;  ///< column -> the value as JSON text
  std::vector<std::string> upsert_key;
  bool upsert_key_inherited = false;  ///< from the file's `defaults`, not the topic's own
  ConflictStrategy conflict_strategy = ConflictStrategy::ignore;
  std::vector<ArrayMapping> array_mappings;
  std::optional<int> batch_size;
  std::optional<std::chrono::milliseconds> batch_timeout;
  CreateTable create_table = CreateTable::by_mapping;
  Evolve evolve = Evolve::off;
  TimeStorage storage{};                   ///< of its own table
  std::vector<std::string> absent_values;  ///< JSON scalars; a field with one of them counts as not there
  NulPolicy nul = NulPolicy::reject;
  NoPartition no_partition = NoPartition::stop;
  Identity identity = Identity::generated;
  Changes changes = Changes::none;
  Tombstones tombstones = Tombstones::dead_letter;
  Deletes deletes = Deletes::rows;
  std::string deleted_at;      ///< a column; of Deletes::mark
  std::string version_column;  ///< a row with a smaller value there never overwrites one with a larger; empty: none
  MessageFormat value_format;
  MessageFormat key_format;
  int line = 0;
  std::map<std::string, int> key_lines;  ///< where each key of the topic stands, for problems found later

  /// Whether a message may take a row away.
  [[nodiscard]] bool removes() const { return changes != Changes::none || tombstones == Tombstones::remove; }
  /// No field mapping and no array: `table` and `description` only.
  [[nodiscard]] bool is_minimal() const { return field_mappings.empty() && array_mappings.empty(); }
};

/// A table that is divided by time, and how.
struct TimeTable {
  TableName name;
  TimeStorage storage;
};

class TopicSelection;

/// A whole `topic_mappings.yml`, or what of it a deployment consumes. Immutable once loaded.
struct MappingFile {
  std::string path;
  std::vector<TopicMapping> topics;  ///< in file order
  /// Which of the topics that `topics` names or matches are meant; nullptr: all of them.
  std::shared_ptr<const TopicSelection> selection{};
  std::size_t left_out = 0;  ///< entries of the file that the selection leaves to other deployments
};

}  // namespace loom::mapping
