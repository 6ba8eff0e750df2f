#include "sink/combiner.h"

#include <algorithm>
#include <utility>

#include "encode/row_builder.h"

namespace loom::sink {

using encode::ColumnBits;
using encode::RowSet;
using mapping::ConflictStrategy;

void Combiner::add(const RowPlace& place, RowKey key) {
  if (place.is_length) {
    if (!key.list.empty()) add_length(place, key.list);
    return;
  }
  Candidate candidate{
      .set = place.set, .row = place.row, .message = place.message, .present = {}, .omitted = {}, .values = {}};
  if (place.row < place.set->present.size()) candidate.present = place.set->present[place.row];
  if (key.key.empty()) {
    candidates_.push_back(std::move(candidate));
    return;
  }
  const auto [found, fresh] = by_key_.try_emplace(key.key, candidates_.size());
  if (fresh) {
    if (!key.list.empty()) by_list_[key.list].emplace_back(candidates_.size(), std::move(key.key));
    candidates_.push_back(std::move(candidate));
    return;
  }
  ++combined_;
  Candidate& kept = candidates_[found->second];
  switch (table_.conflict_strategy) {
    case ConflictStrategy::ignore:
      break;
    case ConflictStrategy::replace:
      take_over(kept, std::move(candidate));
      break;
    case ConflictStrategy::update:
      overlay(kept, candidate);
      break;
  }
}

// A row beyond the end goes as if it had been stored and deleted: one that comes later with its key is a new one.
void Combiner::add_length(const RowPlace& place, const std::string& list) {
  const std::uint32_t length = place.set->sequence[place.row];
  auto& rows = by_list_[list];
  std::erase_if(rows, [&](const auto& row) {
    Candidate& candidate = candidates_[row.first];
    if (candidate.set->sequence[candidate.row] < length) return false;
    candidate.gone = true;
    by_key_.erase(row.second);
    ++combined_;
    return true;
  });
  const auto [found, fresh] = shortest_of_.try_emplace(list, shortest_.size());
  if (fresh) {
    shortest_.push_back(place);
    return;
  }
  RowPlace& shortest = shortest_[found->second];
  if (length < shortest.set->sequence[shortest.row]) shortest = place;
}

bool Combiner::stays(std::size_t column) const {
  return table_.columns[column].info.identity_always ||
         std::find(table_.key.begin(), table_.key.end(), column) != table_.key.end();
}

std::vector<std::string_view> Combiner::values_of(const RowSet& set, std::size_t row) const {
  const auto fields = encode::split_row(set.row(row), table_.binary);
  std::vector<std::string_view> values(table_.columns.size());
  std::size_t field = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!set.omitted.test(i)) values[i] = fields.at(field++);
  }
  return values;
}

void Combiner::rebuild(Candidate& kept) const {
  if (kept.rebuilt) return;
  kept.rebuilt = true;
  kept.omitted = kept.set->omitted;
  kept.values = values_of(*kept.set, kept.row);
}

// The key may be spelled in another way.
void Combiner::take_over(Candidate& kept, Candidate later) const {
  if (table_.key_rules.bytes_tell && !table_.gives_identity) {
    kept = std::move(later);
    return;
  }
  rebuild(kept);
  rebuild(later);
  for (std::size_t i = 0; i < later.values.size(); ++i) {
    if (!stays(i)) continue;
    later.values[i] = kept.values[i];
    later.omitted.set(i, kept.omitted.test(i));
  }
  kept = std::move(later);
}

// What storing one after the other would leave: the first row inserted, then what the second one had over it.
void Combiner::overlay(Candidate& kept, const Candidate& later) const {
  rebuild(kept);
  const auto values = values_of(*later.set, later.row);
  ColumnBits omitted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool has = later.present.test(i) && !later.set->omitted.test(i) && !stays(i);
    if (has) kept.values[i] = values[i];
    if (!has && kept.omitted.test(i)) omitted.set(i);
  }
  kept.omitted = omitted;
  kept.present.merge(later.present);
  kept.message = later.message;
}

}  // namespace loom::sink
