#pragma once

#include <string_view>
#include <vector>

#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::sink {

/// The rows of a set so that those next to each other in the table's unique index are sent next to each other: rows
/// that agree in all key columns but the last stand together, in order of the last. Which of these runs comes first
/// does not matter to the index, so they are told apart by hash and no value is compared twice.
/// Each insert then finds its leaf page in the CPU's cache: 17 to 22 % less time of PostgreSQL's for rows with a
/// (device_id, timestamp) key (docs/decisions/0006-rows-in-key-order.md).
/// Of rows that share a key only the one is left that the table would be left with (`ignore`: the first, else the last;
/// both when each has columns that the other lacks, which is for the merge): a producer that repeats itself then costs
/// nothing.
/// Empty when there is nothing to gain or no order to be had: no key, few rows, text COPY, a key column left out.
std::vector<std::string_view> in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows);

/// Leaves that order in each row set whose rows are not all in one yet.
void order_rows(const mapping::TopicPlan& plan, encode::RowSets& rows);

}  // namespace loom::sink
