#include "schema/table_creator.h"

#include <pqxx/pqxx>

#include "schema/advisory_lock.h"
#include "settings/database_url.h"

namespace loom::schema {
namespace {

bool exists(pqxx::work& tx, const mapping::TableName& name) {
  return !tx.exec("SELECT to_regclass(" + tx.quote(name.quoted()) + ")")[0][0].is_null();
}

void create(pqxx::work& tx, const mapping::TableDefinition& definition) {
  try {
    tx.exec(definition.to_sql());
  } catch (const pqxx::sql_error& error) {
    throw TableError("cannot create table " + definition.table.name.display() + ": " + error.what());
  }
}

}  // namespace

CreatedTables create_tables(const std::string& url, const std::vector<mapping::TableDefinition>& definitions) {
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
        continue;
      }
      create(tx, definition);
      result.created.push_back(name.display());
    }
    tx.commit();
    return result;
  } catch (const TableError& error) {
    throw TableError(settings::failure_text(error.what(), url));
  } catch (const std::exception& error) {
    throw TableError("cannot create tables in " + settings::redact_url(url) + ": " +
                     settings::failure_text(error.what(), url));
  }
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
