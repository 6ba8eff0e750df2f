#include "schema/storage_upkeep.h"

#include <pqxx/pqxx>

#include "base/plural.h"
#include "schema/advisory_lock.h"
#include "schema/time_partitions.h"
#include "settings/database_url.h"
#include "sink/database_failure.h"

namespace loom::schema {
namespace {

bool is_there(pqxx::work& tx, const mapping::TableName& name) {
  return !tx.exec("SELECT to_regclass(" + tx.quote(name.quoted()) + ")")[0][0].is_null();
}

void keep_partitions(pqxx::work& tx, const mapping::TimeTable& table, StorageNotes& notes) {
  const mapping::TimePartitions& wanted = *table.storage.partition;
  if (!obstacle_to_partitions(tx, table.name, wanted).empty()) return;
  const MadePartitions made = make_partitions(tx, table.name, wanted, Periods::ahead);
  if (made.partitions > 0) {
    notes.done.push_back(table.name.display() + ": made " + plural(made.partitions, "partition"));
  }
  for (const std::string& period : made.too_many_rows) {
    notes.warnings.push_back(table.name.display() + ": too many rows of the " + std::string(to_string(wanted.by)) +
                             " from " + period +
                             " lie in the DEFAULT partition to be moved while the service writes; they stay there");
  }
  const DroppedPartitions dropped = drop_old_partitions(tx, table.name, wanted);
  if (dropped.partitions == 0 && dropped.rows == 0) return;
  notes.done.push_back(table.name.display() + ": dropped " + plural(dropped.partitions, "partition") + " and " +
                       plural(dropped.rows, "row") + " of the DEFAULT one, older than " + wanted.retain->text());
}

void keep_up_one(pqxx::work& tx, const mapping::TimeTable& table, const TimescaleDb& timescale, StorageNotes& notes) {
  const auto& [hypertable, partition] = table.storage;
  if (!is_there(tx, table.name)) return;
  if (!(hypertable && timescale.is_there())) {
    if (partition) keep_partitions(tx, table, notes);
    return;
  }
  if (!hypertable->retain || !is_without_retention(tx, table.name, timescale)) return;
  if (const int dropped = drop_old_chunks(tx, table.name, *hypertable->retain, timescale); dropped > 0) {
    notes.done.push_back(table.name.display() + ": dropped " + plural(dropped, "chunk") + ", older than " +
                         hypertable->retain->text());
  }
}

}  // namespace

StorageComparison compare_storage(const std::string& url, const std::vector<mapping::TimeTable>& tables) {
  try {
    pqxx::connection connection(settings::control_connection_string(url));
    quiet(connection);
    pqxx::work tx(connection);
    const TimescaleDb timescale = timescaledb_of(tx);
    StorageComparison found;
    std::vector<std::string> plain;
    std::vector<std::string> uncompressed;
    for (const auto& [name, storage] : tables) {
      if (!is_there(tx, name)) continue;
      if (storage.hypertable && timescale.is_there()) {
        for (auto& text : differences(tx, name, *storage.hypertable, timescale)) {
          found.differences.push_back({name, std::move(text)});
        }
        if (storage.hypertable->compress_after && !timescale.has_policies) uncompressed.push_back(name.display());
      } else if (!storage.partition) {
        plain.push_back(name.display());
      } else if (const std::string why = obstacle_to_partitions(tx, name, *storage.partition); !why.empty()) {
        found.differences.push_back({name, "is not divided into partitions: " + why});
      }
    }
    for (const auto& lack : {lack_of_timescaledb(plain, timescale), lack_of_compression(uncompressed)}) {
      if (!lack.empty()) found.lacks.push_back(lack);
    }
    return found;
  } catch (const std::exception& error) {
    throw sink::DatabaseFailure(
        "cannot look how tables are divided by time: " + settings::failure_text(error.what(), url),
        sink::cause_of_failure(error));
  }
}

StorageNotes keep_up(const std::string& url, const std::vector<mapping::TimeTable>& tables) {
  StorageNotes notes;
  try {
    pqxx::connection connection(settings::control_connection_string(url));
    quiet(connection);
    const TimescaleDb timescale = [&] {
      pqxx::work tx(connection);
      return timescaledb_of(tx);
    }();
    for (const mapping::TimeTable& table : tables) {
      StorageNotes of_this;
      try {
        pqxx::work tx(connection);
        tx.exec("SET LOCAL lock_timeout = '1s'");
        tx.exec("SET LOCAL statement_timeout = '30s'");  // the service's start waits for this
        if (!tx.exec(try_lock_query(AdvisoryLock::storage))[0][0].as<bool>()) continue;  // another replica is at it
        keep_up_one(tx, table, timescale, of_this);
        tx.commit();
        notes.done.insert(notes.done.end(), of_this.done.begin(), of_this.done.end());
        notes.warnings.insert(notes.warnings.end(), of_this.warnings.begin(), of_this.warnings.end());
      } catch (const pqxx::sql_error& error) {
        notes.warnings.push_back("the partitions or chunks of " + table.name.display() +
                                 " were left as they are: " + settings::failure_text(error.what(), url));
      }
    }
  } catch (const std::exception& error) {
    throw sink::DatabaseFailure(
        "partitions and chunks were left as they are: " + settings::failure_text(error.what(), url),
        sink::cause_of_failure(error));
  }
  return notes;
}

}  // namespace loom::schema
