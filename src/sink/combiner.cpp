#include "sink/combiner.h"

#include <algorithm>
#include <utility>

#include "encode/row_builder.h"
#include "sink/row_version.h"

namespace loom::sink {

using encode::ColumnBits;
using encode::RowSet;
using mapping::ConflictStrategy;

void Combiner::add(const RowPlace& place, RowKey key) {
  switch (place.kind) {
    case RowPlace::Kind::length:
      if (!key.list.empty()) add_length(place, key.list);
      return;
    case RowPlace::Kind::removal:
      return add_removal(place, key);
    case RowPlace::Kind::row:
      return add_row(place, std::move(key));
  }
}

void Combiner::add_row(const RowPlace& place, RowKey key) {
  Candidate candidate{
      .set = place.set, .row = place.row, .message = place.message, .present = {}, .omitted = {}, .values = {}};
  candidate.partial = place.partial;
  if (place.row < place.set->present.size()) candidate.present = place.set->present[place.row];
  if (!key.owner.empty()) by_owner_[key.owner].emplace_back(candidates_.size(), key.key);
  if (key.key.empty()) {
    candidates_.push_back(std::move(candidate));
    return;
  }
  if (const auto removal = removal_of_.find(key.key); removal != removal_of_.end()) {
    std::optional<RowPlace>& removed = removals_[removal->second];
    if (removed && is_older(version_of(place), version_of(*removed))) {
      ++combined_;
      return;
    }
    if (table_.deleted_at) removed.reset();
  }
  const auto [found, fresh] = by_key_.try_emplace(key.key, candidates_.size());
  if (fresh) {
    if (!key.list.empty()) by_list_[key.list].emplace_back(candidates_.size(), std::move(key.key));
    candidates_.push_back(std::move(candidate));
    return;
  }
  ++combined_;
  Candidate& kept = candidates_[found->second];
  if (is_older(version_of(place), version_of(kept))) return;
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

void Combiner::add_removal(const RowPlace& place, const RowKey& key) {
  const bool of_parent = !key.owner.empty();
  if (of_parent) remove_owned(key.owner);
  const std::string& which = of_parent ? key.owner : key.key;
  if (which.empty()) return;  // a null in it: no row has that key
  if (!of_parent && !remove_row(place, which)) return;
  const auto [found, fresh] = removal_of_.try_emplace(which, removals_.size());
  if (fresh) {
    removals_.emplace_back(place);
    return;
  }
  std::optional<RowPlace>& known = removals_[found->second];
  if (!known || !is_older(version_of(place), version_of(*known))) known = place;
}

bool Combiner::remove_row(const RowPlace& place, const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return true;
  Candidate& candidate = candidates_[found->second];
  if (is_older(version_of(place), version_of(candidate))) return false;
  ++combined_;
  if (table_.deleted_at) {
    mark(candidate, place);
    return false;
  }
  drop(found->second, key);
  return true;
}

void Combiner::mark(Candidate& kept, const RowPlace& place) const {
  rebuild(kept);
  const auto fields = encode::split_row(place.set->row(place.row), table_.binary);
  const std::size_t column = *table_.deleted_at;
  kept.values[column] = fields.at(table_.removed_by.size());
  kept.omitted.set(column, false);
  kept.present.set(column);
  if (table_.version) {
    kept.values[*table_.version] = fields.back();
    kept.omitted.set(*table_.version, false);
    kept.present.set(*table_.version);
  }
  kept.message = place.message;
}

void Combiner::drop(std::size_t candidate, const std::string& key) {
  candidates_[candidate].gone = true;
  by_key_.erase(key);
}

void Combiner::remove_owned(const std::string& owner) {
  const auto found = by_owner_.find(owner);
  if (found == by_owner_.end()) return;
  for (const auto& [candidate, key] : found->second) {
    if (candidates_[candidate].gone) continue;
    ++combined_;
    drop(candidate, key);
  }
  by_owner_.erase(found);
}

void Combiner::empty() {
  for (Candidate& candidate : candidates_) {
    if (!candidate.gone) ++combined_;
    candidate.gone = true;
  }
  by_key_.clear();
  by_list_.clear();
  by_owner_.clear();
  shortest_.clear();
  shortest_of_.clear();
  removals_.clear();
  removal_of_.clear();
}

std::vector<RowPlace> Combiner::removals() const {
  std::vector<RowPlace> places;
  for (const auto& place : removals_) {
    if (place) places.push_back(*place);
  }
  return places;
}

std::optional<std::int64_t> Combiner::version_of(const RowPlace& place) const {
  if (!table_.version) return std::nullopt;
  const std::uint16_t column = *table_.version;
  const auto fields = encode::split_row(place.set->row(place.row), table_.binary);
  if (place.kind == RowPlace::Kind::removal) return version_in(table_, fields.back());
  if (place.set->omitted.test(column)) return std::nullopt;
  return version_in(table_, fields.at(column - place.set->omitted.count_before(column)));
}

std::optional<std::int64_t> Combiner::version_of(const Candidate& candidate) const {
  if (!table_.version) return std::nullopt;
  if (candidate.rebuilt) {
    const bool is_there = !candidate.omitted.test(*table_.version);
    return is_there ? version_in(table_, candidate.values[*table_.version]) : std::nullopt;
  }
  return version_of(RowPlace{.message = candidate.message, .set = candidate.set, .row = candidate.row});
}

// A row beyond the end goes as if it had been stored and deleted: one that comes later with its key is a new one.
void Combiner::add_length(const RowPlace& place, const std::string& list) {
  const std::uint32_t length = place.set->sequence[place.row];
  auto& rows = by_list_[list];
  std::erase_if(rows, [&](const auto& row) {
    Candidate& candidate = candidates_[row.first];
    if (candidate.gone) return true;
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
  kept.partial = kept.partial && later.partial;
  kept.message = later.message;
}

}  // namespace loom::sink
