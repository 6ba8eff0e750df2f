#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// Where a column's value may come from, as the mapping says it.
struct SourceDraft {
  enum class Kind : std::uint8_t { path, element_index };
  Kind kind = Kind::path;
  std::string text;         ///< a source as the mapping has it; a path is one inside an element when `array` is not
                            ///< -1. Empty: the scalar element itself
  std::int16_t array = -1;  ///< index into TopicMapping::array_mappings
};

struct ColumnDraft {
  std::string name;
  std::vector<SourceDraft> sources;  ///< in the order in which they are tried
  std::string parent;                ///< of a foreign key: the parent table's column; else empty
  Place place;
};

/// A table and its columns as the mapping asks for them, before it is known what the database has.
struct TableDraft {
  TableName name;
  std::vector<ColumnDraft> columns;
  std::vector<std::int16_t> arrays;  ///< whose elements become rows of this table

  [[nodiscard]] const ColumnDraft* find(const std::string& column) const;
};

/// The topic's own table first, then the child tables in order of first mention. `own_columns` are the columns that
/// take the field of their name where the topic maps no fields.
/// Problems: a foreign key whose parent column the topic does not map.
std::vector<TableDraft> draft_tables(const TopicMapping& topic, const std::vector<std::string>& own_columns,
                                     Findings& findings);

/// The place of a key of this topic.
Place place_of(const TopicMapping& topic, const std::string& key);

/// `a, b, c`
std::string joined(const std::vector<std::string>& names);

}  // namespace loom::mapping
