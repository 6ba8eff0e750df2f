#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/ddl.h"
#include "schema/hypertables.h"
#include "sink/database_failure.h"

namespace loom::schema {

/// A column that a mapping feeds and its table has not.
struct LackingColumn {
  std::string table;  ///< by its display name
  std::string column;
  std::string statement;  ///< that adds it
};

/// What is done about columns that existing tables lack.
enum class Alter : std::uint8_t { nothing, name_columns, add_columns };

/// What create-tables found and did, by the tables' display names, in the order of the mapping file.
struct CreatedTables {
  std::vector<std::string> created;
  std::vector<std::string> existing;
  /// Columns that existing tables had not; with Alter::add_columns they have now, with Alter::nothing nobody looked.
  std::vector<LackingColumn> lacking{};
  /// How they are divided by time now; of tables that were there only where Alter is not nothing.
  StorageNotes storage{};
  std::string lack_of_timescaledb{};  ///< and which tables are plain ones for that; empty: none is
};

class TableError : public sink::DatabaseFailure {
 public:
  using sink::DatabaseFailure::DatabaseFailure;
};

/// Creates the tables that the database lacks, divided by time where their mapping has it so, and with
/// Alter::add_columns the columns, all of them or none. Safe when several replicas do it at once.
/// Blocks:  until done, or until another process that creates tables is.
/// Fails:   TableError naming the table, free of passwords.
CreatedTables create_tables(const std::string& url, const std::vector<mapping::TableDefinition>& definitions,
                            Alter alter = Alter::nothing);

/// A column that was added, or cannot be.
struct AddedColumn {
  std::string name;
  std::string type;     ///< as SQL has it
  std::string problem;  ///< why there is none, and will be none unless somebody does something; empty: it is there
};

/// Adds those of the columns that the table does not have. Safe when several replicas do it at once.
/// Blocks:  for the table's lock up to 1 s.
/// Fails:   TableError, where it may go well at another time: the table is locked, the database is away, or nobody
///          knows whether it went well.
std::vector<AddedColumn> add_columns(const std::string& url, const mapping::TableName& table,
                                     const std::vector<mapping::ColumnInfo>& columns);

/// The statements that create_tables would run in an empty database, each under the topics that want the table.
std::string render(const std::vector<mapping::TableDefinition>& definitions);

}  // namespace loom::schema
