#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::sink {

/// Messages of a batch, by index: [first, last).
struct MessageRange {
  std::uint32_t first = 0;
  std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
};

/// Rows of a row set, by index: [first, last).
struct RowRange {
  std::size_t first = 0;
  std::size_t last = 0;
};
RowRange rows_of(const encode::RowSet& set, MessageRange messages);

/// Where one row of a batch is.
struct RowPlace {
  enum class Kind : std::uint8_t {
    row,
    length,   ///< no row, but how long its list is: see encode::RowSets::lengths()
    removal,  ///< no row, but which rows go: see encode::RowSets::removals()
  };
  std::uint32_t message = 0;
  const encode::RowSet* set = nullptr;
  std::size_t row = 0;
  Kind kind = Kind::row;
  bool partial = false;  ///< an update that does not tell all of its row: see encode::RowSets::partial()
};

/// What the messages have for one table, in the order in which they came; what a message deletes comes before its
/// lengths, and these before its rows.
std::vector<RowPlace> places_of(const mapping::TopicPlan& plan, std::uint16_t table, const encode::RowSets& rows,
                                MessageRange messages);

/// Of these only the rows that may meet others (encode::RowSet::may_meet).
std::vector<RowPlace> places_that_may_meet(std::uint16_t table, const encode::RowSets& rows);

/// The lists whose elements are rows of this table, and which may become shorter; nullptr: there is none.
const mapping::SurplusPlan* surplus_of(const mapping::TopicPlan& plan, std::uint16_t table);

}  // namespace loom::sink
