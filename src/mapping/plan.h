#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mapping/catalog.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// One step of the way to a value inside a message.
struct PathNode {
  struct Child {
    std::string key;
    std::uint16_t node = 0;
    bool operator==(const Child&) const = default;
  };
  struct Element {
    std::int32_t index = 0;  ///< from 0; negative: from the list's end
    std::uint16_t node = 0;
    bool operator==(const Element&) const = default;
  };
  std::vector<Child> children;    ///< fields wanted of an object here
  std::vector<Element> elements;  ///< elements wanted of a list here
  std::int16_t slot = -1;         ///< the slot that takes this node's value, or -1
  std::int16_t array = -1;        ///< the array mapping whose elements stand here, or -1
  bool operator==(const PathNode&) const = default;
};

/// All wanted paths of one scope (the message, one element of an array mapping, the key) as a tree. Node 0 is the root.
struct PathTree {
  std::vector<PathNode> nodes{PathNode{}};
  std::uint16_t slots = 0;
  std::vector<std::string> slot_paths;  ///< slot -> its path, for messages to people
  bool operator==(const PathTree&) const = default;
};

enum class SourceKind : std::uint8_t {
  field,          ///< slot `slot` of the source's scope
  element_index,  ///< the element's index from 0 in array mapping `array`
  key,
  topic,
  partition,
  offset,
  timestamp,
  header,
  value,  ///< metadata: `$key`, ...
};

/// What a source is a field of. Each scope has a tree of paths and slots of its own.
enum class SourceScope : std::uint8_t {
  message,
  element,  ///< of array mapping `array`, differing from row to row
  key,      ///< the record's key, read as JSON
};

struct ColumnSource {
  SourceKind kind = SourceKind::field;
  SourceScope scope = SourceScope::message;
  std::int16_t array = -1;  ///< of SourceScope::element; else -1
  std::uint16_t slot = 0;
  std::string header;        ///< for SourceKind::header
  std::int16_t inside = -1;  ///< index of a later source of this column whose path goes on inside this one, or -1:
                             ///< an object here gives way to the value found there
  bool operator==(const ColumnSource&) const = default;
};

struct PlanColumn {
  ColumnInfo info;
  ValueType value_type = ValueType::string;  ///< never `unspecified`: resolved from the column's type
  TypeParameters parameters;                 ///< of the value type, where the mapping gives some
  Transform transform = Transform::none;
  bool is_unnamed = false;  ///< of a change topic: the mapping names no type, so that a number's unit is not known
  /// Tried in this order. compile() puts a path that goes on inside another one (`data.x`, `data`) right before it,
  /// which says the same as `inside` for any number of inner paths.
  std::vector<ColumnSource> sources;
  std::optional<std::string> default_json;  ///< the mapping's default, as JSON text
  bool ingestion_time = false;              ///< `created_at` without a default: takes the time of ingestion
  bool cleared = false;                     ///< takes NULL from every row, whatever stood there
  bool operator==(const PlanColumn&) const = default;
};

/// How the database tells the keys of a table's rows apart.
struct KeyRules {
  std::vector<KeyComparison> columns;  ///< in the order of TablePlan::key; may be empty: all plain
  bool nulls_equal = false;            ///< a null is a null's equal
  /// Two rows have one key if and only if what is sent for it is the same bytes. Else only the database knows.
  bool bytes_tell = true;
  bool operator==(const KeyRules&) const = default;
};

/// The columns that a COPY into one table writes, and how conflicts on its key are met.
struct TablePlan {
  TableName name;
  std::vector<PlanColumn> columns;  ///< at most kMaxColumns
  std::vector<std::uint16_t> key;   ///< indices into columns; empty: plain insert, a duplicate is a row's fault
  KeyRules key_rules;
  ConflictStrategy conflict_strategy = ConflictStrategy::ignore;
  bool binary = true;                ///< false: text COPY, since a column has no binary encoder
  std::vector<std::int16_t> arrays;  ///< whose elements become rows of this table, in file order
  bool gives_identity = false;       ///< rows bring values of a column that is GENERATED ALWAYS AS IDENTITY
  bool row_without_elements = true;  ///< the topic's own table: one row also when no array gave any
  /// Which columns a delete compares: the key; of a child table those that hold its parent's key. Empty: deletes leave
  /// its rows alone. Indices into columns.
  std::vector<std::uint16_t> removed_by;
  std::optional<std::uint16_t> deleted_at;  ///< a delete only writes its time here
  bool ignored_may_be_left_out = false;  ///< a row whose key is there need not be sent: no trigger listens, and what a
                                         ///< query finds is what the unique index has
  bool has_heirs = false;                ///< children by inheritance, which a query reads and the index does not know
  bool same_row_may_stay = false;        ///< nobody is to be told of an update that changes nothing: no trigger listens
  std::optional<std::uint16_t> version;  ///< a row with a smaller value never overwrites one with a larger
  bool operator==(const TablePlan&) const = default;
};
inline constexpr std::size_t kMaxColumns = 1600;  // PostgreSQL's own limit (MaxHeapAttributeNumber)

/// A list of which a child table holds the elements: when it comes back shorter, the rows beyond its end go.
struct SurplusPlan {
  std::uint16_t table = 0;         ///< the child table, index into TopicPlan::tables
  std::uint16_t parent = 0;        ///< the topic's own table, likewise
  std::uint16_t sequence = 0;      ///< its column that takes the element's index, one of its key
  std::int16_t array = 0;          ///< the list, index into TopicPlan::arrays
  bool also_without_list = false;  ///< a message without the list counts as one with an empty list
  /// The list's key holds the parent's: a message for a list that is there meets its parent's row. Else only the merge
  /// finds out.
  bool parent_tells = false;
  bool operator==(const SurplusPlan&) const = default;
};

struct ArrayPlan {
  std::string path;  ///< as the file has it; `$value` for the message itself
  PathTree element;  ///< paths inside one element; the root's slot takes a scalar element
  std::uint16_t table = 0;
  bool operator==(const ArrayPlan&) const = default;
};

struct RequiredField {
  std::string name;                   ///< as the file has it
  std::vector<ColumnSource> sources;  ///< satisfied when one of them is there and not null
  bool operator==(const RequiredField&) const = default;
};

/// What the headers that stand in the names of a topic's tables say, in the order of TopicPlan::table_headers.
using TableValues = std::vector<std::string>;

/// The rows of one table that a delete takes.
struct RemovalPlan {
  std::uint16_t table = 0;
  /// How what TablePlan::removed_by compares is found in a message that deletes; then the times and versions that its
  /// `deleted_at` and `version` ask for.
  std::vector<PlanColumn> columns;
  bool operator==(const RemovalPlan&) const = default;
};

/// What the messages of a topic do besides being rows. Slots are those of TopicPlan::message.
struct ChangesPlan {
  bool events = false;  ///< change events in Debezium's envelope, see mapping/change_paths.h
  Tombstones tombstones = Tombstones::dead_letter;
  std::uint16_t operation = 0;  ///< from here: of events
  std::uint16_t after = 0;
  std::uint16_t before = 0;
  std::uint16_t source = 0;
  std::uint16_t deleted = 0;  ///< ExtractNewRecordState's mark
  std::uint16_t time = 0;
  std::vector<RemovalPlan> removals;  ///< the topic's own table first; empty: nothing is ever deleted
  std::vector<PlanColumn> old_key;    ///< the key columns of the row before the event, in the order of TablePlan::key
  bool operator==(const ChangesPlan&) const = default;
};

struct TopicPlan;
/// The plan of those messages of a topic whose headers say this.
struct PlanVariant {
  TableValues values;
  std::shared_ptr<const TopicPlan> plan;  ///< nullptr: there can be no such table
  std::string problem;                    ///< why not
  std::uint16_t first_table = 0;          ///< where the plan's tables begin in those of the whole topic
  std::uint16_t first_surplus = 0;        ///< the same of TopicPlan::surplus
  bool operator==(const PlanVariant& other) const;
};

/// Everything that decoding and writing one topic needs, compiled once from the mapping and the tables' catalog
/// entries. Immutable; shared by all workers and writers.
struct TopicPlan {
  std::string mapping;            ///< the mapping's key: the topic, or the pattern that it matched
  std::vector<TablePlan> tables;  ///< [0] the topic's own; then child tables
  /// The headers that stand in the tables' names; mostly none. Else `variants` say how rows are made, and this plan's
  /// `tables` and `surplus` are those of all variants together.
  std::vector<std::string> table_headers;
  std::vector<PlanVariant> variants;  ///< one for each set of values that was seen so far
  PathTree message;
  PathTree key;  ///< paths inside the record's key; without slots nobody looks into it
  std::vector<ArrayPlan> arrays;
  std::vector<SurplusPlan> surplus;  ///< at most one for each child table
  std::optional<ChangesPlan> changes;
  /// The key is only looked into where a message deletes.
  bool key_is_for_removals = false;
  /// Where fields that schemas add become columns (`evolve: add`): those that have one, and those that can get none.
  std::optional<std::set<std::string>> known_fields;
  std::vector<RequiredField> required;
  std::vector<std::string> absent_values;  ///< JSON scalars; a field with one of them counts as not there
  MessageFormat value_format;
  MessageFormat key_format;
  NulPolicy nul = NulPolicy::reject;
  NoPartition no_partition = NoPartition::stop;
  std::vector<std::string> unlogged;  ///< relations of its tables that a crash of the database empties, for people
  std::optional<int> batch_size;
  std::optional<std::chrono::milliseconds> batch_timeout;
  bool operator==(const TopicPlan&) const = default;
};

}  // namespace loom::mapping
