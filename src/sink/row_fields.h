#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::sink {

/// Where the key columns stand among the columns that the rows carry, the last one of the key at the end.
/// None: the rows leave one out.
inline std::optional<std::vector<std::size_t>> key_fields(const mapping::TablePlan& table, const encode::RowSet& rows) {
  std::vector<std::size_t> fields;
  for (const std::uint16_t column : table.key) {
    if (rows.omitted.test(column)) return std::nullopt;
    fields.push_back(column - rows.omitted.count_before(column));
  }
  return fields;
}

/// Finds some fields of binary rows (a count of 2 bytes, then length and bytes of each), one row after the other.
/// Threads: one at a time.  Owns: nothing of the row, which its views go into.
class Fields {
 public:
  /// `wanted`: which ones; others are passed over.
  explicit Fields(const std::vector<std::size_t>& wanted)
      : found_(*std::max_element(wanted.begin(), wanted.end()) + 1) {}

  void read(std::string_view row) {
    const char* at = row.data() + 2;
    for (auto& field : found_) {
      std::uint32_t size = 0;
      std::memcpy(&size, at, sizeof size);
      const auto length = static_cast<std::int32_t>(__builtin_bswap32(size));
      at += sizeof size;
      field = length < 0 ? std::string_view() : std::string_view(at, static_cast<std::size_t>(length));
      at += field.size();
    }
  }
  /// Without data() when it is null.
  [[nodiscard]] std::string_view at(std::size_t field) const { return found_[field]; }

 private:
  std::vector<std::string_view> found_;
};

}  // namespace loom::sink
