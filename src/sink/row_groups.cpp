#include "sink/row_groups.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "sink/combiner.h"

namespace loom::sink {
namespace {

using encode::ColumnBits;
using encode::RowSet;
using encode::RowSets;
using mapping::ConflictStrategy;
using mapping::TablePlan;

// Row sets come in order of creation, which may have a child's before one of its parent's.
std::vector<const RowSet*> in_table_order(const RowSets& rows) {
  std::vector<const RowSet*> sets;
  for (const RowSet& set : rows.all()) sets.push_back(&set);
  std::stable_sort(sets.begin(), sets.end(), [](const RowSet* a, const RowSet* b) { return a->table < b->table; });
  return sets;
}

void add_plain(const RowSet& set, MessageRange range, RowGroups& out) {
  const RowRange rows = rows_of(set, range);
  if (rows.first == rows.last) return;
  RowGroup group;
  group.table = set.table;
  group.omitted = set.omitted;
  group.pieces.push_back(set.bytes.view(set.rows[rows.first].begin, set.row_end(rows.last - 1)));
  group.messages.reserve(rows.last - rows.first);
  for (std::size_t i = rows.first; i < rows.last; ++i) group.messages.push_back(set.rows[i].message);
  out.groups.push_back(std::move(group));
}

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
    const auto [found, fresh] = groups_.try_emplace({candidate.partial, omitted, set}, out_.groups.size());
    if (fresh) {
      RowGroup& group = out_.groups.emplace_back();
      group.table = index_;
      group.merge = !table_.key.empty();
      group.partial = candidate.partial && group.merge;
      group.omitted = omitted;
      group.set = set;
    }
    return out_.groups[found->second];
  }

  const TablePlan& table_;
  std::uint16_t index_;
  RowGroups& out_;
  std::map<std::tuple<bool, ColumnBits, ColumnBits>, std::size_t> groups_;
};

/// The lists that have become shorter, as one group.
void add_shortened(std::uint16_t table, std::size_t surplus, const std::vector<RowPlace>& lengths, RowGroups& out) {
  if (lengths.empty()) return;
  RowGroup& group = out.groups.emplace_back();
  group.table = table;
  group.surplus = static_cast<std::int16_t>(surplus);
  for (const RowPlace& place : lengths) {
    group.pieces.push_back(place.set->row(place.row));
    group.messages.push_back(place.message);
  }
}

/// The message of the last truncation of the table in the range.
std::optional<std::uint32_t> emptied_by(const RowSets& rows, std::uint16_t table, MessageRange range) {
  std::optional<std::uint32_t> last;
  for (const encode::Truncation& one : rows.truncations()) {
    if (one.table == table && one.message >= range.first && one.message < range.last) last = one.message;
  }
  return last;
}

/// One table's places, each with its key, in order.
class Merging {
 public:
  Merging(const mapping::TopicPlan& plan, std::uint16_t index, const RowSets& rows, MessageRange range,
          const KeyNumbers& numbers)
      : table_(plan.tables[index]),
        index_(index),
        surplus_(surplus_of(plan, index)),
        combiner_(table_),
        emptied_by_(emptied_by(rows, index, range)) {
    const auto given = numbers.by_table.find(index);
    const RowKeys keys(table_, surplus_, given == numbers.by_table.end() ? nullptr : &given->second);
    add(places_of(plan, index, rows, range), keys);
    if (surplus_ != nullptr) surplus_index_ = static_cast<std::size_t>(surplus_ - plan.surplus.data());
  }
  /// Only the rows that may meet others.
  Merging(const mapping::TopicPlan& plan, std::uint16_t index, const RowSets& rows)
      : table_(plan.tables[index]), index_(index), surplus_(nullptr), combiner_(table_) {
    add(places_that_may_meet(index, rows), RowKeys(table_, nullptr, nullptr));
  }

  [[nodiscard]] std::optional<std::uint32_t> emptied() const { return emptied_by_; }

  void add_removals(RowGroups& out) const {
    const auto removals = combiner_.removals();
    if (removals.empty()) return;
    RowGroup& group = out.groups.emplace_back();
    group.table = index_;
    group.removes = true;
    for (const RowPlace& place : removals) {
      group.pieces.push_back(place.set->row(place.row));
      group.messages.push_back(place.message);
    }
  }

  void add_rows(RowGroups& out) const {
    // First what is deleted: a row of that key may come again.
    if (surplus_ != nullptr) add_shortened(index_, surplus_index_, combiner_.shortest(), out);
    Grouper grouper(table_, index_, out);
    for (const Candidate& candidate : combiner_.candidates()) {
      if (!candidate.gone) grouper.add(candidate);
    }
    out.combined += combiner_.combined();
  }

 private:
  void add(const std::vector<RowPlace>& places, const RowKeys& keys) {
    bool is_emptied = false;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (emptied_by_ && !is_emptied && places[i].message > *emptied_by_) {
        combiner_.empty();
        is_emptied = true;
      }
      combiner_.add(places[i], keys.of(places[i], i));
    }
    if (emptied_by_ && !is_emptied) combiner_.empty();
  }

  const TablePlan& table_;
  std::uint16_t index_;
  const mapping::SurplusPlan* surplus_;
  std::size_t surplus_index_ = 0;
  Combiner combiner_;
  std::optional<std::uint32_t> emptied_by_;
};

/// In one statement: tables that refer to each other cannot be emptied one by one.
void add_emptied(const std::vector<std::unique_ptr<Merging>>& tables, RowGroups& out) {
  RowGroup group;
  for (std::size_t table = 0; table < tables.size(); ++table) {
    const auto message = tables[table] ? tables[table]->emptied() : std::nullopt;
    if (!message) continue;
    if (group.empties.empty()) group.table = static_cast<std::uint16_t>(table);
    group.empties.push_back(static_cast<std::uint16_t>(table));
    group.messages.assign(1, *message);
  }
  if (!group.empties.empty()) out.groups.push_back(std::move(group));
}

}  // namespace

RowGroups plain_groups(const RowSets& rows, MessageRange range) {
  RowGroups out;
  for (const RowSet* set : in_table_order(rows)) add_plain(*set, range, out);
  return out;
}

namespace {

void add_copied(const RowSet& set, RowGroups& out) {
  const bool all_elsewhere = set.ordered.empty() && !(set.may_meet.empty() && set.met.empty());
  if (set.rows.empty() || all_elsewhere) return;
  RowGroup& group = out.groups.emplace_back();
  group.table = set.table;
  group.omitted = set.omitted;
  if (set.ordered.empty()) {
    group.pieces.push_back(set.bytes.view());
    return;
  }
  group.pieces.reserve(set.ordered.size());
  for (const std::uint32_t row : set.ordered) group.pieces.push_back(set.row(row));
}

}  // namespace

RowGroups parted_groups(const mapping::TopicPlan& plan, const RowSets& rows) {
  RowGroups out;
  for (const RowSet* set : in_table_order(rows)) {
    add_copied(*set, out);
    if (set->may_meet.empty()) continue;
    const std::size_t copied = out.groups.size();
    Merging(plan, set->table, rows).add_rows(out);  // of a table with such rows there is one row set, see can_part()
    for (std::size_t i = copied; i < out.groups.size(); ++i) out.groups[i].expected = true;
  }
  return out;
}

RowGroups merge_groups(const mapping::TopicPlan& plan, const RowSets& rows, MessageRange range,
                       const KeyNumbers& numbers) {
  RowGroups out;
  std::vector<std::unique_ptr<Merging>> merging(plan.tables.size());
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    const TablePlan& one = plan.tables[table];
    if (one.key.empty() && one.removed_by.empty()) continue;
    merging[table] = std::make_unique<Merging>(plan, static_cast<std::uint16_t>(table), rows, range, numbers);
  }
  add_emptied(merging, out);
  for (auto table = merging.rbegin(); table != merging.rend(); ++table) {
    if (*table) (*table)->add_removals(out);
  }
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    if (merging[table]) {
      merging[table]->add_rows(out);
      continue;
    }
    for (const RowSet& set : rows.all()) {
      if (set.table == table) add_plain(set, range, out);
    }
  }
  return out;
}

}  // namespace loom::sink
