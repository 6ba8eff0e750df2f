#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mapping/catalog.h"
#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "mapping/schema_fields.h"

namespace loom::mapping {

enum class TableForm : std::uint8_t {
  plain,
  partitioned,  ///< PARTITION BY RANGE of the time column of TableDefinition::storage's `partition`
};

/// The table that create-tables makes for a mapping: every mapped column with the type that its `data_types` entry
/// (or transform) asks for, text key columns COLLATE "C", PRIMARY KEY from the upsert key. Topics that share a table
/// have their columns joined. A minimal mapping gets Loom's envelope: trace_id, device_id, timestamp, schema_version,
/// data and metadata.
/// Where the topic's schema is known, it gives the types that the mapping does not, and NOT NULL to what each message
/// has a value for, unless several topics share the table or messages of other schemas may be there; a minimal mapping
/// gets a column for each field of the schema's root.
struct TableDefinition {
  TableInfo table;
  std::vector<std::string> source_topics;
  TimeStorage storage{};  ///< how it is divided by time, as one of its topics has it
  /// CREATE TABLE IF NOT EXISTS ...; (and CREATE SCHEMA IF NOT EXISTS where the name has one)
  [[nodiscard]] std::string to_sql(TableForm form = TableForm::plain) const;
  /// ALTER TABLE ... ADD COLUMN IF NOT EXISTS ...; Without NOT NULL, where the rows that are there would have no value.
  [[nodiscard]] std::string add_column_sql(const ColumnInfo& column) const;
};

enum class TablesOf : std::uint8_t {
  creating_topics,  ///< those of topics with `create_table: false` are left out
  all_topics,       ///< what the whole file takes for granted, also where its tables are made elsewhere
};

/// The tables of a file, in order of first mention.
/// Problems: two topics that want one column with different types; per topic one warning that lists its columns without
/// any type, which become TEXT. `schemas`: those that are not in the mapping's own files.
std::vector<TableDefinition> table_definitions(const MappingFile& file, std::vector<Problem>& problems,
                                               TablesOf which = TablesOf::creating_topics,
                                               const TopicSchemas& schemas = {});

/// The tables as create-tables would make them: what `validate` checks against without a database.
class DefinedCatalog final : public Catalog {
 public:
  explicit DefinedCatalog(const std::vector<TableDefinition>& definitions);
  [[nodiscard]] const TableInfo* find(const TableName& name) const override;

 private:
  std::map<TableName, TableInfo> tables_;
};

}  // namespace loom::mapping
