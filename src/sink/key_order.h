#pragma once

#include <cstdint>
#include <vector>

#include "encode/row_set.h"
#include "mapping/plan.h"
#include "sink/key_memory.h"

namespace loom::sink {

/// The rows of a set, by index, so that those next to each other in the table's unique index are sent next to each
/// other: rows that agree in all key columns but the last stand together, in order of the last. Which of these runs
/// comes first does not matter to the index, so they are told apart by hash and no value is compared twice.
/// Each insert then finds its leaf page in the CPU's cache: 17 to 22 % less time of PostgreSQL's for rows with a
/// (device_id, timestamp) key (docs/decisions/0006-rows-in-key-order.md).
/// Of rows that share a key only the one is left that the table would be left with (`ignore`: the first, else the last;
/// both when each has columns that the other lacks, which is for the merge): a producer that repeats itself then costs
/// nothing.
/// Empty when there is no order to be had: no key, text COPY, a key column left out.
std::vector<std::uint32_t> in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows);

/// Leaves that order in each row set whose rows are not all in one yet, and parts from it the rows whose keys the
/// memory has (RowSet::may_meet), where can_part() says so; else only where there are enough rows to make it worth it.
void order_rows(const mapping::TopicPlan& plan, encode::RowSets& rows, KeyMemory& memory);

/// Whether each table with a key can have its rows in two parts, those that are copied and those that are merged after
/// them. Not so where rows of one key may be in several row sets, or only the database tells keys apart.
bool can_part(const mapping::TopicPlan& plan, const encode::RowSets& rows);

/// Moves rows from those that are copied to those that are merged. `places`: indices into RowSet::ordered, ascending.
void expect_to_meet(encode::RowSet& rows, const std::vector<std::uint32_t>& places);

/// The same for rows whose keys the table was just seen to have: under ConflictStrategy::ignore nothing is left to do,
/// where TablePlan::ignored_may_be_left_out.
void note_met(const mapping::TablePlan& table, encode::RowSet& rows, const std::vector<std::uint32_t>& places);
/// Before another try: what was seen then need not hold any more.
void forget_met(encode::RowSets& rows);

}  // namespace loom::sink
