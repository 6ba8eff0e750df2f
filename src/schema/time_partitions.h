#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"

namespace loom::schema {

/// Why a table that is there is not divided as its mapping has it; empty: it is.
std::string obstacle_to_partitions(pqxx::transaction_base& tx, const mapping::TableName& table,
                                   const mapping::TimePartitions& wanted);

/// Which periods get partitions beside those of which rows lie in the DEFAULT partition.
enum class Periods : std::uint8_t {
  of_new_table,  ///< also some back: a backlog's rows are older than the table
  ahead,
};

/// What make_partitions() did.
struct MadePartitions {
  int partitions = 0;
  /// The begins of periods that have none yet: so many of their rows lie in the DEFAULT partition that moving them
  /// would hold up whoever writes there. They can be read where they are, and go when they are too old.
  std::vector<std::string> too_many_rows{};
};

/// Gives a partitioned table the partitions that it lacks: the DEFAULT one, where the mapping has one, those of some
/// days ahead, and those of rows that lie in the DEFAULT one (late and early ones), which move. Periods that are
/// covered already, by whomever, are left alone. Part of the caller's transaction; its TimeZone becomes UTC. Returns
/// how many.
/// Blocks: whoever writes such late or early rows, while they move.
/// Fails:  pqxx::failure, by what PostgreSQL refuses.
MadePartitions make_partitions(pqxx::transaction_base& tx, const mapping::TableName& table,
                               const mapping::TimePartitions& wanted, Periods periods);

/// What drop_old_partitions() did.
struct DroppedPartitions {
  int partitions = 0;
  std::int64_t rows = 0;  ///< of the DEFAULT one
};

/// Drops partitions of which every row is older than `retain`, and deletes such rows of the DEFAULT one, so many at a
/// time that nobody waits for long. Part of the caller's transaction; its TimeZone becomes UTC.
/// Fails: pqxx::failure
DroppedPartitions drop_old_partitions(pqxx::transaction_base& tx, const mapping::TableName& table,
                                      const mapping::TimePartitions& wanted);

}  // namespace loom::schema
