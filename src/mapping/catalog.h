#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"

namespace loom::mapping {

/// The column types that have a binary encoder; `other` (pgvector, PostGIS, ranges, ...) sends the whole table
/// through text COPY.
enum class ColumnType : std::uint8_t {
  text,  ///< text, varchar, char(n), name, citext
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  timestamptz,
  timestamp,
  date,
  time,
  uuid,
  bytea,
  json,
  jsonb,
  inet,
  cidr,
  enumeration,
  other
};

enum class DefaultKind : std::uint8_t {
  none,
  constant,  ///< evaluated once, and sent where a message has no value
  computed,  ///< now(), nextval(), ...: takes effect only in a COPY that leaves the column out
};

/// One column as pg_attribute and pg_type have it, domains resolved to their base type.
struct ColumnInfo {
  std::string name;
  ColumnType type = ColumnType::text;  ///< of the elements when is_array
  bool is_array = false;
  std::uint32_t type_oid = 0;  ///< as a row description reports it: a domain's base type
  std::int32_t type_modifier = -1;
  std::uint32_t element_oid = 0;  ///< base type of the elements when is_array
  std::string type_name;          ///< format_type(): `character varying(20)`, for messages and staging tables
  bool is_domain = false;  ///< the column's own type is a domain over it: an operator of polymorphic types needs a cast
  bool not_null = false;
  bool generated = false;        ///< GENERATED ALWAYS AS an expression: cannot be written
  bool identity_always = false;  ///< GENERATED ALWAYS AS IDENTITY: written only where the mapping says so
  DefaultKind default_kind = DefaultKind::none;
  std::string repeated_default;  ///< DefaultKind::computed: its expression, if it is the same for all rows of a
                                 ///< transaction (CURRENT_DATE); empty: a new one for each (nextval)
  std::string default_binary;    ///< the constant in binary COPY's form, without its length; empty and null differ:
  std::string default_text;      ///< the same in text form, unescaped
  bool default_is_null = false;  ///< DEFAULT NULL, spelled out
  bool operator==(const ColumnInfo&) const = default;
};

/// How a unique index compares one of its columns. Text is SQL; it is empty where plain `=` and ORDER BY mean the same.
struct KeyComparison {
  std::string equals;     ///< `OPERATOR("s".=)`
  std::string less;       ///< `OPERATOR("s".<)`
  std::string collation;  ///< ` COLLATE "s"."c"`, where it is not the column's own
  bool by_image = true;   ///< values are equal only if they are stored as the same bytes (PostgreSQL's equalimage)
  bool operator==(const KeyComparison&) const = default;
};

struct UniqueIndex {
  std::string name;
  std::vector<std::string> columns;  ///< plain columns only: an index on expressions or with WHERE is left out
  bool primary = false;
  std::vector<KeyComparison> comparisons{};  ///< by column; none where nobody asked a database
  bool nulls_equal = false;                  ///< NULLS NOT DISTINCT
};

/// A unique index that ON CONFLICT cannot infer from a list of columns.
struct UnusableIndex {
  std::string name;
  std::vector<std::string> columns;  ///< or their expressions
  std::string why;                   ///< `is partial`, `is WITHOUT OVERLAPS`, ...
};

/// What a relation is, as far as it matters to whoever writes rows into it.
enum class RelationKind : std::uint8_t { table, foreign_table, view, materialized_view, sequence, composite_type };

/// A table, as the catalog had it when it was read.
struct TableInfo {
  TableName name;
  std::vector<ColumnInfo> columns;  ///< in attnum order, without dropped ones
  std::vector<UniqueIndex> unique_indexes;
  std::vector<UnusableIndex> unusable_indexes{};
  RelationKind kind = RelationKind::table;
  bool instead_of_insert = false;  ///< of a view: a trigger takes its rows
  bool insert_triggers = false;    ///< of it, its partitions or children
  bool update_triggers = false;    ///< likewise
  bool has_heirs = false;          ///< a plain table with children by inheritance that are no chunks of a hypertable
  bool row_security = false;       ///< it has row-level security that holds for our role
  std::string role{};              ///< ours
  std::vector<std::string> insert_rules{};
  std::vector<std::string> update_rules{};
  std::vector<std::string> unlogged{};  ///< itself, partitions and children that a crash of the database empties

  [[nodiscard]] const ColumnInfo* find(const std::string& column) const;
};

/// Where compile() looks tables up.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// nullptr when there is no such table. The pointer stays valid as long as the catalog.
  [[nodiscard]] virtual const TableInfo* find(const TableName& name) const = 0;
};

}  // namespace loom::mapping
