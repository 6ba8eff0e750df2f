#include "schema/table_creator.h"

#include <pqxx/pqxx>
#include <set>

#include "mapping/built_in_types.h"
#include "schema/advisory_lock.h"
#include "settings/database_url.h"

namespace loom::schema {
namespace {

// Whoever waits for a table's lock holds up all that come after, the service's own batches too.
constexpr const char* kLockTimeout = "SET LOCAL lock_timeout = '5s'";

bool exists(pqxx::work& tx, const mapping::TableName& name) {
  return !tx.exec("SELECT to_regclass(" + tx.quote(name.quoted()) + ")")[0][0].is_null();
}

void create(pqxx::work& tx, const mapping::TableDefinition& definition) {
  try {
    tx.exec(definition.to_sql());
  } catch (const pqxx::sql_error& error) {
    throw TableError("cannot create table " + definition.table.name.display() + ": " + error.what(),
                     sink::cause_of_failure(error));
  }
}

std::set<std::string> columns_of(pqxx::work& tx, const mapping::TableName& name) {
  std::set<std::string> columns;
  for (const auto& row : tx.exec("SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
                                 "AND attrelid = to_regclass(" +
                                 tx.quote(name.quoted()) + ")")) {
    columns.insert(row[0].as<std::string>());
  }
  return columns;
}

void find_lacking(pqxx::work& tx, const mapping::TableDefinition& definition, std::vector<LackingColumn>& lacking) {
  const auto there = columns_of(tx, definition.table.name);
  for (const mapping::ColumnInfo& column : definition.table.columns) {
    if (there.count(column.name) != 0) continue;
    lacking.push_back({definition.table.name.display(), column.name, definition.add_column_sql(column)});
  }
}

/// All of them, or none: they are one transaction.
void add_lacking(pqxx::work& tx, const std::vector<LackingColumn>& lacking) {
  if (lacking.empty()) return;
  tx.exec(kLockTimeout);
  for (const LackingColumn& column : lacking) {
    try {
      tx.exec(column.statement);
    } catch (const pqxx::sql_error& error) {
      throw TableError(
          "cannot add column " + column.column + " to " + column.table + ": " + error.what() + "\nNothing was changed.",
          sink::cause_of_failure(error));
    }
  }
}

}  // namespace

CreatedTables create_tables(const std::string& url, const std::vector<mapping::TableDefinition>& definitions,
                            Alter alter) {
  try {
    pqxx::connection connection(settings::control_connection_string(url));
    quiet(connection);
    pqxx::work tx(connection);
    // CREATE TABLE IF NOT EXISTS alone is not enough: two at once can both find nothing, and one of them fails.
    tx.exec(lock_statement(AdvisoryLock::schema));
    CreatedTables result;
    for (const mapping::TableDefinition& definition : definitions) {
      const mapping::TableName& name = definition.table.name;
      if (exists(tx, name)) {
        result.existing.push_back(name.display());
        if (alter != Alter::nothing) find_lacking(tx, definition, result.lacking);
        continue;
      }
      create(tx, definition);
      result.created.push_back(name.display());
    }
    if (alter == Alter::add_columns) add_lacking(tx, result.lacking);
    tx.commit();
    return result;
  } catch (const TableError& error) {
    throw TableError(settings::failure_text(error.what(), url), error.cause());
  } catch (const std::exception& error) {
    throw TableError(
        "cannot create tables in " + settings::redact_url(url) + ": " + settings::failure_text(error.what(), url),
        sink::cause_of_failure(error));
  }
}

std::vector<AddedColumn> add_columns(const std::string& url, const mapping::TableName& table,
                                     const std::vector<mapping::ColumnInfo>& columns) {
  const mapping::TableDefinition definition{.table = {.name = table, .columns = columns, .unique_indexes = {}},
                                            .source_topics = {}};
  std::vector<AddedColumn> added;
  for (const mapping::ColumnInfo& column : columns) {
    added.push_back({column.name, mapping::type_sql(column), {}});
    try {
      pqxx::connection connection(settings::control_connection_string(url));
      quiet(connection);
      pqxx::work tx(connection);
      tx.exec(lock_statement(AdvisoryLock::schema));
      tx.exec(kLockTimeout);
      tx.exec(definition.add_column_sql(column));
      tx.commit();
    } catch (const std::exception& error) {
      const batch::Cause cause = sink::cause_of_failure(error);
      const bool is_final =
          cause == batch::Cause::no_privilege || cause == batch::Cause::schema || cause == batch::Cause::other;
      added.back().problem = settings::failure_text(error.what(), url);
      if (is_final) continue;
      throw TableError("cannot add column " + column.name + " to " + table.display() + ": " + added.back().problem,
                       cause);
    }
  }
  return added;
}

std::string render(const std::vector<mapping::TableDefinition>& definitions) {
  std::string out;
  for (const mapping::TableDefinition& definition : definitions) {
    if (!out.empty()) out += '\n';
    for (const std::string& topic : definition.source_topics) out += "-- " + topic + "\n";
    out += definition.to_sql();
    if (out.back() != '\n') out += '\n';
  }
  return out;
}

}  // namespace loom::schema
