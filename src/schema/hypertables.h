#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "mapping/ddl.h"

namespace loom::schema {

// What is here is part of the caller's transaction, blocks on the database, and fails with pqxx::failure, unless it
// says otherwise.

/// What a database has of TimescaleDB.
struct TimescaleDb {
  std::string schema;         ///< where its functions are, quoted; empty: the extension is not in this database
  bool has_policies = false;  ///< the Community edition; the Apache 2 edition has neither policies nor compression
  bool is_available = false;  ///< CREATE EXTENSION would find it
  [[nodiscard]] bool is_there() const { return !schema.empty(); }
};

TimescaleDb timescaledb_of(pqxx::transaction_base& tx);

/// What to tell of tables that are plain ones only because the database has no TimescaleDB; empty where there are none.
std::string lack_of_timescaledb(const std::vector<std::string>& tables, const TimescaleDb& timescale);

/// What was done about how a table is divided by time, and what could not be. Lines for people.
struct StorageNotes {
  std::vector<std::string> done{};
  std::vector<std::string> warnings{};
  std::vector<std::string> uncompressed{};  ///< tables that are not compressed only because the edition cannot
};

/// What to tell of StorageNotes::uncompressed; empty where there are none.
std::string lack_of_compression(const std::vector<std::string>& tables);

/// Makes the table a hypertable where it is none and has no rows, and gives it the chunks, the compression and the
/// policies that its mapping has. What is known not to go is a warning; what TimescaleDB refuses all the same fails.
void make_hypertable(pqxx::transaction_base& tx, const mapping::TableDefinition& definition,
                     const TimescaleDb& timescale, StorageNotes& notes);

/// The statement that makes a table, which was just made, a hypertable in a database that has TimescaleDB, and does
/// nothing in any other. For people who run it by hand.
std::string hypertable_script(const mapping::TableDefinition& definition);

/// In which points the table is not as its mapping has it; only looks. Empty: in none.
std::vector<std::string> differences(pqxx::transaction_base& tx, const mapping::TableName& table,
                                     const mapping::Hypertable& wanted, const TimescaleDb& timescale);

/// Whether it is a hypertable whose old rows no policy of the database drops.
bool is_without_retention(pqxx::transaction_base& tx, const mapping::TableName& table, const TimescaleDb& timescale);

/// Drops the chunks that are older than `retain`. Returns how many.
int drop_old_chunks(pqxx::transaction_base& tx, const mapping::TableName& table, const mapping::TimeLength& retain,
                    const TimescaleDb& timescale);

}  // namespace loom::schema
