#pragma once

#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "schema/hypertables.h"

namespace loom::schema {

/// Makes the partitions that the tables lack, and drops what is older than `retain` says where no policy of TimescaleDB
/// does. Tables that are not there, and those of others' making, are left alone; of several replicas one does it at a
/// time. Each table is a transaction of its own, which waits a second for a lock and then leaves it to the next time.
/// Blocks: on the database.
/// Fails:  sink::DatabaseFailure when the database cannot be asked at all; what fails of one table is a warning.
StorageNotes keep_up(const std::string& url, const std::vector<mapping::TimeTable>& tables);

/// In what a table is divided in another way than its mapping says.
struct StorageDifference {
  mapping::TableName table;
  std::string text;  ///< for people
};

struct StorageComparison {
  std::vector<StorageDifference> differences{};
  std::vector<std::string> lacks{};  ///< what the database has not: TimescaleDB, compression; and for which tables
};

/// Of the tables that are there; only looks.
/// Blocks: on the database.  Fails: sink::DatabaseFailure.
StorageComparison compare_storage(const std::string& url, const std::vector<mapping::TimeTable>& tables);

}  // namespace loom::schema
