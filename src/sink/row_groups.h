#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "encode/row_set.h"
#include "mapping/plan.h"
#include "sink/row_keys.h"
#include "sink/row_places.h"

namespace loom::sink {

/// Rows that one COPY can take: of one table, with one list of columns, and (where they are merged) with one list of
/// columns that overwrite what the table has.
struct RowGroup {
  std::uint16_t table = 0;
  bool merge = false;         ///< through a staging table; else straight into the table
  bool expected = false;      ///< that its rows meet others: nobody needs to be told
  std::int16_t surplus = -1;  ///< index into TopicPlan::surplus: no rows, but lengths, beyond which rows are deleted
  bool partial = false;       ///< updates alone: a row that is not in the table is an error
  bool removes = false;       ///< no rows, but which of them go: the columns of a mapping::RemovalPlan
  std::vector<std::uint16_t> empties{};  ///< no rows: these tables are emptied
  encode::ColumnBits omitted;            ///< columns of the plan that the rows do not carry
  encode::ColumnBits set;  ///< under ConflictStrategy::update: the columns that the messages had, without the key
  std::vector<std::string_view> pieces;  ///< the rows' bytes, in order
  std::vector<std::uint32_t> messages;   ///< per row: which message it came from (the last, of combined ones)

  [[nodiscard]] bool has_rows() const { return surplus < 0 && !removes && empties.empty(); }
};

/// The groups in the order in which they are to be written: first what goes, a child's rows before its parent's; then a
/// parent's rows before its children's.
struct RowGroups {
  std::vector<RowGroup> groups;
  std::deque<ByteBuffer> made;  ///< rows that are in no row set: combined from several
  std::size_t combined = 0;     ///< rows that went into another one
};

/// The rows of these messages as they are: one group per row set.
RowGroups plain_groups(const encode::RowSets& rows, MessageRange range = {});

/// The rows as they are best sent: for each row set those that are copied, in its order, and for each table after them
/// those that may meet others (encode::RowSet), merged as by merge_groups().
/// RowGroup::messages is empty: who wants to know which row failed asks again without the order.
RowGroups parted_groups(const mapping::TopicPlan& plan, const encode::RowSets& rows);

/// The rows of these messages for a merge: in tables with an upsert key, of the rows with one key one is left, since
/// one INSERT cannot meet a row twice. `ignore` keeps the first, `replace` the last, `update` per column the last that
/// had it. Rows with a null in their key have no equal and stay, save under NULLS NOT DISTINCT. A child table's rows
/// beyond the end of a list that a later message has go (TopicPlan::surplus), and so does what a message deletes or
/// empties; what comes after it is new.
/// `numbers`: what the database said of the tables whose keys it must tell apart, see number_keys().
RowGroups merge_groups(const mapping::TopicPlan& plan, const encode::RowSets& rows, MessageRange range = {},
                       const KeyNumbers& numbers = {});

}  // namespace loom::sink
