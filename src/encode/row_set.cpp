#include "encode/row_set.h"

#include <algorithm>

namespace loom::encode {

RowSet& RowSets::at(std::uint16_t table, const ColumnBits& omitted) {
  for (auto& set : sets_) {
    if (set.table == table && set.omitted == omitted) return set;
  }
  auto& made = sets_.emplace_back();
  made.table = table;
  made.omitted = omitted;
  return made;
}

std::size_t RowSets::rows() const {
  std::size_t count = 0;
  for (const auto& set : sets_) count += set.rows.size();
  return count;
}

std::size_t RowSets::bytes() const {
  std::size_t count = 0;
  for (const auto& set : sets_) count += set.bytes.size();
  return count;
}

void RowSets::drop_from(std::uint32_t message) {
  for (auto& set : sets_) {
    const auto first = std::ranges::lower_bound(set.rows, message, {}, &RowRef::message);
    if (first == set.rows.end()) continue;
    set.bytes.truncate(first->begin);
    const auto kept = first - set.rows.begin();
    set.rows.erase(first, set.rows.end());
    if (!set.present.empty()) set.present.resize(static_cast<std::size_t>(kept));
    set.ordered.clear();
    set.ordered_of = 0;
  }
}

void RowSets::clear() {
  // More than a full batch needs: what one message full of list elements made is given back.
  constexpr std::size_t kKept = std::size_t{32} << 20U;
  for (auto& set : sets_) {
    if (set.bytes.capacity() > kKept) set.bytes = ByteBuffer();
    set.bytes.clear();
    set.rows.clear();
    set.present.clear();
    set.ordered.clear();
    set.ordered_of = 0;
  }
}

}  // namespace loom::encode
