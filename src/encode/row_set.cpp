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

RowSet& RowSets::lengths(std::size_t surplus) {
  if (lengths_.size() <= surplus) lengths_.resize(surplus + 1);
  return lengths_[surplus];
}

RowSet& RowSets::removals(std::uint16_t table) {
  for (auto& set : removals_) {
    if (set.table == table) return set;
  }
  auto& made = removals_.emplace_back();
  made.table = table;
  return made;
}

std::size_t RowSets::rows() const {
  std::size_t count = 0;
  for (const auto& set : sets_) count += set.rows.size();
  for (const auto& set : removals_) count += set.rows.size();
  return count;
}

std::size_t RowSets::bytes() const {
  std::size_t count = 0;
  for (const auto& set : sets_) count += set.bytes.size();
  for (const auto& set : lengths_) count += set.bytes.size();
  for (const auto& set : removals_) count += set.bytes.size();
  return count;
}

void RowSets::drop_from(std::uint32_t message) {
  std::erase_if(truncations_, [message](const Truncation& one) { return one.message >= message; });
  std::erase_if(partial_, [message](const PartialRow& one) { return one.message >= message; });
  for (auto* sets : {&sets_, &lengths_, &removals_}) {
    for (auto& set : *sets) {
      const auto first = std::ranges::lower_bound(set.rows, message, {}, &RowRef::message);
      if (first == set.rows.end()) continue;
      set.bytes.truncate(first->begin);
      const auto kept = static_cast<std::size_t>(first - set.rows.begin());
      set.rows.erase(first, set.rows.end());
      if (!set.present.empty()) set.present.resize(kept);
      if (!set.sequence.empty()) set.sequence.resize(kept);
      set.forget_order();
    }
  }
}

void RowSets::clear() {
  truncations_.clear();
  partial_.clear();
  changes_rows_ = false;
  // More than a full batch needs: what one message full of list elements made is given back.
  constexpr std::size_t kKept = std::size_t{32} << 20U;
  for (auto* sets : {&sets_, &lengths_, &removals_}) {
    for (auto& set : *sets) {
      if (set.bytes.capacity() > kKept) set.bytes = ByteBuffer();
      set.bytes.clear();
      set.rows.clear();
      set.present.clear();
      set.sequence.clear();
      set.forget_order();
    }
  }
}

}  // namespace loom::encode
