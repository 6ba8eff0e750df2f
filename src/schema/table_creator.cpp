#include "schema/table_creator.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <set>
#include <span>
#include <utility>

#include "base/plural.h"
#include "mapping/built_in_types.h"
#include "schema/advisory_lock.h"
#include "schema/time_partitions.h"
#include "settings/database_url.h"

namespace loom::schema {
namespace {

// Whoever waits for a table's lock holds up all that come after, the service's own batches too.
constexpr const char* kLockTimeout = "SET LOCAL lock_timeout = '5s'";
// Of the service, which tries again: readers come through meanwhile.
constexpr const char* kShortLockTimeout = "SET LOCAL lock_timeout = '1s'";

bool exists(pqxx::work& tx, const mapping::TableName& name) {
  return !tx.exec("SELECT to_regclass(" + tx.quote(name.quoted()) + ")")[0][0].is_null();
}

/// What is done where the mapping has both keys, or a database without TimescaleDB.
bool is_partitioned_by_us(const mapping::TimeStorage& storage, const TimescaleDb& timescale) {
  return storage.partition && !(storage.hypertable && timescale.is_there());
}

void create(pqxx::work& tx, const mapping::TableDefinition& definition, mapping::TableForm form) {
  try {
    tx.exec(definition.to_sql(form));
  } catch (const pqxx::sql_error& error) {
    throw TableError("cannot create table " + definition.table.name.display() + ": " + error.what(),
                     sink::cause_of_failure(error));
  }
}

/// What tables are divided by time with, and what became of it.
struct Dividing {
  TimescaleDb timescale;
  StorageNotes notes{};
  std::vector<std::string> plain{};  ///< tables that the database is too poor for
};

void divide(pqxx::transaction_base& tx, const mapping::TableDefinition& definition, Periods periods,
            Dividing& dividing) {
  const mapping::TableName& name = definition.table.name;
  const auto& [hypertable, partition] = definition.storage;
  if (hypertable && dividing.timescale.is_there()) {
    make_hypertable(tx, definition, dividing.timescale, dividing.notes);
  } else if (!partition) {
    dividing.plain.push_back(name.display());
  } else if (const std::string why = obstacle_to_partitions(tx, name, *partition); !why.empty()) {
    dividing.notes.warnings.push_back(name.display() + " is not divided into partitions: " + why);
  } else if (const MadePartitions made = make_partitions(tx, name, *partition, periods); made.partitions > 0) {
    dividing.notes.done.push_back(name.display() + ": " + plural(made.partitions, "partition") + ", each for a " +
                                  std::string(to_string(partition->by)) + " of `" + partition->time + "`");
  }
}

void divide_new(pqxx::work& tx, const mapping::TableDefinition& definition, Dividing& dividing) {
  if (!definition.storage.is_wanted()) return;
  try {
    divide(tx, definition, Periods::of_new_table, dividing);
  } catch (const pqxx::sql_error& error) {
    throw TableError("cannot divide table " + definition.table.name.display() + " by time: " + error.what() +
                         "\nNothing was changed.",
                     sink::cause_of_failure(error));
  }
}

/// A table that is somebody's already, and cannot be what the mapping says, keeps no other from being made.
void divide_existing(pqxx::work& tx, const mapping::TableDefinition& definition, Dividing& dividing) {
  if (!definition.storage.is_wanted()) return;
  Dividing of_this{.timescale = dividing.timescale, .notes = dividing.notes, .plain = dividing.plain};
  try {
    pqxx::subtransaction part(tx);
    divide(part, definition, Periods::ahead, of_this);
    part.commit();
    dividing = std::move(of_this);
  } catch (const pqxx::sql_error& error) {
    dividing.notes.warnings.push_back(definition.table.name.display() + " is left as it is: " + error.what());
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
    Dividing dividing{.timescale = timescaledb_of(tx)};
    for (const mapping::TableDefinition& definition : definitions) {
      const mapping::TableName& name = definition.table.name;
      if (exists(tx, name)) {
        result.existing.push_back(name.display());
        if (alter == Alter::nothing) continue;
        find_lacking(tx, definition, result.lacking);
        divide_existing(tx, definition, dividing);
        continue;
      }
      const bool partitioned = is_partitioned_by_us(definition.storage, dividing.timescale);
      create(tx, definition, partitioned ? mapping::TableForm::partitioned : mapping::TableForm::plain);
      divide_new(tx, definition, dividing);
      result.created.push_back(name.display());
    }
    result.storage = std::move(dividing.notes);
    result.lack_of_timescaledb = lack_of_timescaledb(dividing.plain, dividing.timescale);
    if (auto lack = lack_of_compression(result.storage.uncompressed); !lack.empty()) {
      result.storage.warnings.push_back(std::move(lack));
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

namespace {

/// What no later try would change: the statement is wrong for this table, it has too many columns, the role may not, a
/// trigger refuses. https://www.postgresql.org/docs/15/errcodes-appendix.html
bool is_final(const std::exception& error) {
  const auto* const sql = dynamic_cast<const pqxx::sql_error*>(&error);
  if (sql == nullptr) return false;
  const std::string& state = sql->sqlstate();
  for (const char* const of : {"42", "54", "0A", "P0"}) {
    if (state.starts_with(of)) return true;
  }
  return false;
}

/// Those of the columns that the table does not have, added together. Without the lock of create_tables(): the table's
/// own is enough for this.
std::vector<std::string> add_together(const std::string& url, const mapping::TableDefinition& definition,
                                      std::span<const mapping::ColumnInfo> columns) {
  pqxx::connection connection(settings::control_connection_string(url));
  quiet(connection);
  pqxx::work tx(connection);
  tx.exec(kShortLockTimeout);
  const auto there = columns_of(tx, definition.table.name);
  std::vector<std::string> added;
  for (const mapping::ColumnInfo& column : columns) {
    if (there.count(column.name) != 0) continue;
    tx.exec(definition.add_column_sql(column));
    added.push_back(column.name);
  }
  tx.commit();
  return added;
}

}  // namespace

std::vector<AddedColumn> add_columns(const std::string& url, const mapping::TableName& table,
                                     const std::vector<mapping::ColumnInfo>& columns) {
  const mapping::TableDefinition definition{.table = {.name = table, .columns = columns, .unique_indexes = {}},
                                            .source_topics = {}};
  std::vector<AddedColumn> result;
  // Columns of which one cannot be are tried one by one.
  const auto add = [&](const auto& self, std::span<const mapping::ColumnInfo> some) -> void {
    try {
      for (const std::string& name : add_together(url, definition, some)) {
        const auto column = std::find_if(some.begin(), some.end(), [&](const auto& one) { return one.name == name; });
        result.push_back({name, mapping::type_sql(*column), {}});
      }
    } catch (const std::exception& error) {
      const std::string problem = settings::failure_text(error.what(), url);
      if (!is_final(error)) {
        throw TableError("cannot add column " + some.front().name + " to " + table.display() + ": " + problem,
                         sink::cause_of_failure(error));
      }
      if (some.size() == 1) {
        result.push_back({some.front().name, mapping::type_sql(some.front()), problem});
        return;
      }
      for (const mapping::ColumnInfo& one : some) self(self, std::span(&one, 1));
    }
  };
  add(add, columns);
  return result;
}

std::string render(const std::vector<mapping::TableDefinition>& definitions) {
  std::string out;
  for (const mapping::TableDefinition& definition : definitions) {
    if (!out.empty()) out += '\n';
    for (const std::string& topic : definition.source_topics) out += "-- " + topic + "\n";
    const auto& [hypertable, partition] = definition.storage;
    // Which of the two it will be, where the mapping has both, is up to the database.
    const bool partitioned = partition && !hypertable;
    out += definition.to_sql(partitioned ? mapping::TableForm::partitioned : mapping::TableForm::plain);
    if (hypertable) out += hypertable_script(definition);
  }
  return out;
}

}  // namespace loom::schema
