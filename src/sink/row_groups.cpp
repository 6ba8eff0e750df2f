#include "sink/row_groups.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "encode/row_builder.h"

namespace loom::sink {
namespace {

using encode::ColumnBits;
using encode::RowRef;
using encode::RowSet;
using encode::RowSets;
using mapping::ConflictStrategy;
using mapping::TablePlan;

struct Rows {
  std::size_t first = 0;
  std::size_t last = 0;
};

Rows rows_of(const RowSet& set, MessageRange range) {
  const auto before = [](const RowRef& row, std::uint32_t message) { return row.message < message; };
  const auto first = std::lower_bound(set.rows.begin(), set.rows.end(), range.first, before);
  const auto last = std::lower_bound(first, set.rows.end(), range.last, before);
  return {static_cast<std::size_t>(first - set.rows.begin()), static_cast<std::size_t>(last - set.rows.begin())};
}

// Row sets come in order of creation, which may have a child's before one of its parent's.
std::vector<const RowSet*> in_table_order(const RowSets& rows) {
  std::vector<const RowSet*> sets;
  for (const RowSet& set : rows.all()) sets.push_back(&set);
  std::stable_sort(sets.begin(), sets.end(), [](const RowSet* a, const RowSet* b) { return a->table < b->table; });
  return sets;
}

void add_plain(const RowSet& set, MessageRange range, RowGroups& out) {
  const Rows rows = rows_of(set, range);
  if (rows.first == rows.last) return;
  RowGroup group;
  group.table = set.table;
  group.omitted = set.omitted;
  group.pieces.push_back(set.bytes.view(set.rows[rows.first].begin, set.row_end(rows.last - 1)));
  group.messages.reserve(rows.last - rows.first);
  for (std::size_t i = rows.first; i < rows.last; ++i) group.messages.push_back(set.rows[i].message);
  out.groups.push_back(std::move(group));
}

/// One row on its way into a group: as it is in its row set, or put together from several.
struct Candidate {
  const RowSet* set = nullptr;
  std::size_t row = 0;
  std::uint32_t message = 0;
  ColumnBits present;
  bool rebuilt = false;
  ColumnBits omitted;                    // from here: only when rebuilt
  std::vector<std::string_view> values;  // per plan column; those of omitted ones mean nothing
};

/// Finds the rows of one table that share a key and leaves one of each.
class Combiner {
 public:
  explicit Combiner(const TablePlan& table) : table_(table) {}

  void add(const RowSet& set, std::size_t row) {
    Candidate candidate{&set, row, set.rows[row].message, {}, false, {}, {}};
    if (row < set.present.size()) candidate.present = set.present[row];
    std::string key;
    if (!read_key(set, row, key)) {
      candidates_.push_back(std::move(candidate));
      return;
    }
    const auto [found, fresh] = by_key_.try_emplace(std::move(key), candidates_.size());
    if (fresh) {
      candidates_.push_back(std::move(candidate));
      return;
    }
    ++combined_;
    Candidate& kept = candidates_[found->second];
    switch (table_.conflict_strategy) {
      case ConflictStrategy::ignore:
        break;
      case ConflictStrategy::replace:
        kept = std::move(candidate);
        break;
      case ConflictStrategy::update:
        overlay(kept, candidate);
        break;
    }
  }

  [[nodiscard]] std::size_t combined() const { return combined_; }
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }

 private:
  bool read_key(const RowSet& set, std::size_t row, std::string& key) const {
    for (const auto column : table_.key) {
      if (set.omitted.test(column)) return false;  // its value comes from a default, a new one for each row
    }
    const auto fields = encode::split_row(set.row(row), table_.binary);
    for (const auto column : table_.key) {
      std::size_t field = column;
      for (std::size_t i = 0; i < column; ++i) field -= set.omitted.test(i) ? 1 : 0;
      const std::string_view value = fields.at(field);
      if (value.data() == nullptr) return false;
      key += std::to_string(value.size());
      key += ':';
      key += value;
    }
    return true;
  }

  [[nodiscard]] std::vector<std::string_view> values_of(const RowSet& set, std::size_t row) const {
    const auto fields = encode::split_row(set.row(row), table_.binary);
    std::vector<std::string_view> values(table_.columns.size());
    std::size_t field = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!set.omitted.test(i)) values[i] = fields.at(field++);
    }
    return values;
  }

  // What storing one after the other would leave: the first row inserted, then what the second one had over it.
  void overlay(Candidate& kept, const Candidate& later) const {
    if (!kept.rebuilt) {
      kept.rebuilt = true;
      kept.omitted = kept.set->omitted;
      kept.values = values_of(*kept.set, kept.row);
    }
    const auto values = values_of(*later.set, later.row);
    ColumnBits omitted;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool has = later.present.test(i) && !later.set->omitted.test(i);
      if (has) kept.values[i] = values[i];
      if (!has && kept.omitted.test(i)) omitted.set(i);
    }
    kept.omitted = omitted;
    kept.present.merge(later.present);
    kept.message = later.message;
  }

  const TablePlan& table_;
  std::vector<Candidate> candidates_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::size_t combined_ = 0;
};

void append_row(const TablePlan& table, const Candidate& candidate, ByteBuffer& out) {
  if (table.binary) {
    std::size_t fields = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i) fields += candidate.omitted.test(i) ? 0U : 1U;
    out.append_be16(static_cast<std::uint16_t>(fields));
  }
  bool first = true;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (candidate.omitted.test(i)) continue;
    const std::string_view value = candidate.values[i];
    const bool null = value.data() == nullptr;
    if (table.binary) {
      out.append_be32(null ? 0xFFFFFFFFU : static_cast<std::uint32_t>(value.size()));
    } else if (!first) {
      out.append('\t');
    }
    out.append(null && !table.binary ? std::string_view("\\N") : value);
    first = false;
  }
  if (!table.binary) out.append('\n');
}

/// Sorts one table's rows into groups.
class Grouper {
 public:
  Grouper(const TablePlan& table, std::uint16_t index, RowGroups& out) : table_(table), index_(index), out_(out) {}

  void add(const Candidate& candidate) {
    std::string_view row;
    if (candidate.rebuilt) {
      append_row(table_, candidate, out_.made.emplace_back());
      row = out_.made.back().view();
    } else {
      row = candidate.set->row(candidate.row);
    }
    RowGroup& group = group_for(candidate);
    group.messages.push_back(candidate.message);
    auto& pieces = group.pieces;
    if (!candidate.rebuilt && !pieces.empty() && pieces.back().data() + pieces.back().size() == row.data()) {
      pieces.back() = {pieces.back().data(), pieces.back().size() + row.size()};
    } else {
      pieces.push_back(row);
    }
  }

 private:
  RowGroup& group_for(const Candidate& candidate) {
    const ColumnBits& omitted = candidate.rebuilt ? candidate.omitted : candidate.set->omitted;
    ColumnBits set;
    if (table_.conflict_strategy == ConflictStrategy::update) {
      for (std::size_t i = 0; i < table_.columns.size(); ++i) {
        const bool key = std::find(table_.key.begin(), table_.key.end(), i) != table_.key.end();
        if (candidate.present.test(i) && !omitted.test(i) && !key) set.set(i);
      }
    }
    const auto [found, fresh] = groups_.try_emplace({omitted, set}, out_.groups.size());
    if (fresh) {
      RowGroup& group = out_.groups.emplace_back();
      group.table = index_;
      group.merge = true;
      group.omitted = omitted;
      group.set = set;
    }
    return out_.groups[found->second];
  }

  const TablePlan& table_;
  std::uint16_t index_;
  RowGroups& out_;
  std::map<std::pair<ColumnBits, ColumnBits>, std::size_t> groups_;
};

void add_merged(const TablePlan& table, std::uint16_t index, const RowSets& rows, MessageRange range, RowGroups& out) {
  struct MergedRow {
    std::uint32_t message;
    const RowSet* set;
    std::size_t row;
  };
  std::vector<MergedRow> places;
  for (const RowSet& set : rows.all()) {
    if (set.table != index) continue;
    const Rows in_range = rows_of(set, range);
    for (std::size_t i = in_range.first; i < in_range.last; ++i) places.push_back({set.rows[i].message, &set, i});
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const MergedRow& a, const MergedRow& b) { return a.message < b.message; });

  Combiner combiner(table);
  for (const MergedRow& place : places) combiner.add(*place.set, place.row);
  Grouper grouper(table, index, out);
  for (const Candidate& candidate : combiner.candidates()) grouper.add(candidate);
  out.combined += combiner.combined();
}

}  // namespace

RowGroups plain_groups(const RowSets& rows, MessageRange range) {
  RowGroups out;
  for (const RowSet* set : in_table_order(rows)) add_plain(*set, range, out);
  return out;
}

RowGroups ordered_groups(const RowSets& rows) {
  RowGroups out;
  for (const RowSet* set : in_table_order(rows)) {
    if (set->rows.empty()) continue;
    RowGroup group;
    group.table = set->table;
    group.omitted = set->omitted;
    group.pieces = set->ordered;
    if (group.pieces.empty()) group.pieces.push_back(set->bytes.view());
    out.groups.push_back(std::move(group));
  }
  return out;
}

RowGroups merge_groups(const mapping::TopicPlan& plan, const RowSets& rows, MessageRange range) {
  RowGroups out;
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    if (!plan.tables[table].key.empty()) {
      add_merged(plan.tables[table], static_cast<std::uint16_t>(table), rows, range, out);
      continue;
    }
    for (const RowSet& set : rows.all()) {
      if (set.table == table) add_plain(set, range, out);
    }
  }
  return out;
}

}  // namespace loom::sink
