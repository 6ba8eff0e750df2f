#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/plan.h"
#include "sink/row_places.h"

namespace loom::sink {

/// Numbers that the database gave to the rows of a table, in the order of places_of(): the same one for the same key.
/// 0: the row has no equal.
struct KeyNumbers {
  struct Of {
    std::int64_t key = 0;
    std::int64_t list = 0;  ///< of the key without the sequence, where the table has a mapping::SurplusPlan
  };
  std::map<std::uint16_t, std::vector<Of>> by_table;
};

/// The values of a place's key columns, in the key's order, as they are sent: those that are, the others' default is
/// PostgreSQL's to compute. A null has data() == nullptr. Of a removal what TablePlan::removed_by compares.
std::vector<std::string_view> key_values(const mapping::TablePlan& table, const RowPlace& place);

/// What tells a row from the others of its table.
struct RowKey {
  std::string key;    ///< empty: it has no equal
  std::string list;   ///< the same of the list that it is an element of; also a length has it
  std::string owner;  ///< of a child table with removals: whose it is; also a removal has it
};

/// Keys of one table's rows: their bytes, or the numbers of the database where it must tell them apart.
class RowKeys {
 public:
  /// `numbers`: nullptr where nobody asked; the bytes are taken then. They must outlive this.
  RowKeys(const mapping::TablePlan& table, const mapping::SurplusPlan* surplus,
          const std::vector<KeyNumbers::Of>* numbers)
      : table_(table), surplus_(surplus), numbers_(numbers) {}

  /// `index`: the place's, in places_of().
  [[nodiscard]] RowKey of(const RowPlace& place, std::size_t index) const;

 private:
  [[nodiscard]] std::string owner_of(const RowPlace& place) const;

  const mapping::TablePlan& table_;
  const mapping::SurplusPlan* surplus_;
  const std::vector<KeyNumbers::Of>* numbers_;
};

}  // namespace loom::sink
