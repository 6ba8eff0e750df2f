#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "encode/row_set.h"
#include "mapping/plan.h"
#include "sink/settings.h"

/// The SQL of the write path, as text. Names are quoted as identifiers, topic and group as literals, and everything
/// else that comes from a batch is a number. Pure.
namespace loom::sink::statements {

using Literal = std::function<std::string(std::string_view)>;

/// Settings for this transaction only, so that PgBouncer may hand the connection to somebody else after it.
std::vector<std::string> settings(const DatabaseSettings& settings, int server_version);

/// Moves the stored offsets from where the batch believes them to its end, or raises KO001.
std::string advance(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal);

/// The stored offsets of the batch's partitions: partition, next_offset, epoch.
std::string read_offsets(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal);

/// Ends the transaction that holds the batch's offset rows when it is one of ours (same role, same
/// application_name), older than the lock timeout, and waits for a client that does not go on.
std::string end_frozen_writers(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal);

/// The plan's columns without the omitted ones, quoted, separated by commas, each after `prefix`.
std::string columns(const mapping::TablePlan& table, const encode::ColumnBits& omitted, std::string_view prefix = "");

/// No rows, but the types of all of the plan's columns; its lock keeps ALTER TABLE out until the transaction ends.
std::string describe(const mapping::TablePlan& table);

std::string copy(const std::string& target, const std::string& columns, bool binary);
/// Rows of nothing but the table's defaults, which COPY has no words for.
std::string insert_defaults(const std::string& target, std::size_t rows);
std::string copy_dead_letters();

/// Those that wait of the batch's ranges that are read again: id, partition, offset, timestamp in ms (null: not known),
/// key and value as hexadecimal text. No rows where this role may not take any away.
std::string find_read_again(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal);
/// Dead letters that are rows now, of messages that were read again.
std::string forget_dead_letters(const DatabaseSettings& settings, const std::vector<std::int64_t>& dead_letters,
                                const Literal& literal);

/// Locks the dead letters that a replay has taken, all of them, or raises kDeadLettersNotThere.
std::string take_dead_letters(const batch::Batch& batch);
/// Those of a replay that are rows now are dead letters no more, and are remembered as repaired, so that they do not
/// come back when their messages are read again. `messages`: by index into the batch; at least one.
std::string repair_dead_letters(const batch::Batch& batch, const std::vector<std::uint32_t>& messages);
/// Gives those of a replay that fail again their new reason; at least one.
std::string update_dead_letters(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected,
                                const Literal& literal);

std::string hexadecimal(std::string_view bytes);

/// The staging table of the plan's table with this index, for the length of a transaction.
std::string stage_relation(std::size_t table);
std::string stage_name(std::size_t table);  ///< the same, with its schema
std::string create_stage(const mapping::TablePlan& table, const std::string& stage);

/// Moves the staged rows into the table as its conflict strategy says. Under `update` the columns in `set` overwrite.
/// A row that would stay the same is left alone where TablePlan::same_row_may_stay.
std::string merge_stage(const mapping::TablePlan& table, const std::string& stage, const encode::ColumnBits& omitted,
                        const encode::ColumnBits& set);

/// Key columns alone, with the number of each row's place: where the database is asked which keys are the same.
std::string key_stage_relation(std::size_t table);
std::string key_stage_name(std::size_t table);
/// Several statements where the key has defaults that PostgreSQL computes (mapping::ColumnInfo::repeated_default).
std::vector<std::string> create_key_stage(const mapping::TablePlan& table, const std::string& stage);
std::string copy_keys(const mapping::TablePlan& table, const std::string& stage, const encode::ColumnBits& omitted);
/// A row's place, a number for its key, and one for the key without the column `sequence`; null where nulls in it keep
/// it from having an equal.
std::string number_keys(const mapping::TablePlan& table, const std::string& stage, std::optional<std::size_t> sequence);

/// Of the staged keys those that the table has: their places. `bounds`: of their times, see time_bounds().
std::string present_keys(const mapping::TablePlan& table, const std::string& stage, const std::string& bounds);

/// Lengths of lists, as rows of the child table's key columns, and the deletion of what lies beyond them.
std::string surplus_stage_relation(std::size_t surplus);
std::string surplus_stage_name(std::size_t surplus);
std::string create_surplus_stage(const mapping::TablePlan& table, const std::string& stage);
std::string copy_lengths(const mapping::TablePlan& table, const std::string& stage);
std::string delete_surplus(const mapping::TablePlan& table, const std::string& stage, std::size_t sequence);

/// What goes, as rows of the columns that a mapping::RemovalPlan has; and its going, or (TablePlan::deleted_at) its
/// mark. Under TablePlan::version what is newer stays.
std::string removal_stage_relation(std::size_t table);
std::string removal_stage_name(std::size_t table);
std::string create_removal_stage(const mapping::TablePlan& table, const std::string& stage);
std::string copy_removals(const mapping::TablePlan& table, const std::string& stage);
std::string remove_rows(const mapping::TablePlan& table, const std::string& stage);
std::string empty_tables(const std::vector<const mapping::TablePlan*>& tables);

/// Raises an error when some staged row, which is not told as a whole, has no row in the table that it could change.
std::string require_rows(const mapping::TablePlan& table, const std::string& stage, const std::string& bounds);

/// One row when some staged row has its key in the table already, else none.
std::string find_conflict(const mapping::TablePlan& table, const std::string& stage, const std::string& bounds);

/// Whether merge_stage() overwrites anything: it says nothing of conflicts then, and find_conflict() is to be asked.
bool overwrites(const mapping::TablePlan& table, const encode::ColumnBits& set);

}  // namespace loom::sink::statements
