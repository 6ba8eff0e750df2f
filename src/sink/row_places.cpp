#include "sink/row_places.h"

#include <algorithm>

namespace loom::sink {
namespace {

void add_places(const encode::RowSet& set, MessageRange messages, RowPlace::Kind kind, std::vector<RowPlace>& out) {
  const RowRange range = rows_of(set, messages);
  for (std::size_t i = range.first; i < range.last; ++i) out.push_back({set.rows[i].message, &set, i, kind});
}

/// Both are in order of message.
void mark_partial(std::uint16_t table, const encode::RowSets& rows, std::vector<RowPlace>& places) {
  auto place = places.begin();
  for (const encode::PartialRow& one : rows.partial()) {
    if (one.table != table) continue;
    place = std::find_if(place, places.end(), [&](const RowPlace& at) { return at.message >= one.message; });
    for (; place != places.end() && place->message == one.message; ++place) {
      place->partial = place->kind == RowPlace::Kind::row;
    }
  }
}

}  // namespace

RowRange rows_of(const encode::RowSet& set, MessageRange messages) {
  const auto before = [](const encode::RowRef& row, std::uint32_t message) { return row.message < message; };
  const auto first = std::lower_bound(set.rows.begin(), set.rows.end(), messages.first, before);
  const auto last = std::lower_bound(first, set.rows.end(), messages.last, before);
  return {static_cast<std::size_t>(first - set.rows.begin()), static_cast<std::size_t>(last - set.rows.begin())};
}

std::vector<RowPlace> places_of(const mapping::TopicPlan& plan, std::uint16_t table, const encode::RowSets& rows,
                                MessageRange messages) {
  std::vector<RowPlace> places;
  for (const encode::RowSet& set : rows.removals()) {
    if (set.table == table) add_places(set, messages, RowPlace::Kind::removal, places);
  }
  for (std::size_t i = 0; i < rows.lengths().size(); ++i) {
    if (plan.surplus[i].table == table) add_places(rows.lengths()[i], messages, RowPlace::Kind::length, places);
  }
  for (const encode::RowSet& set : rows.all()) {
    if (set.table == table) add_places(set, messages, RowPlace::Kind::row, places);
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const RowPlace& a, const RowPlace& b) { return a.message < b.message; });
  mark_partial(table, rows, places);
  return places;
}

std::vector<RowPlace> places_that_may_meet(std::uint16_t table, const encode::RowSets& rows) {
  std::vector<RowPlace> places;
  for (const encode::RowSet& set : rows.all()) {
    if (set.table != table) continue;
    for (const std::uint32_t row : set.may_meet)
      places.push_back({.message = set.rows[row].message, .set = &set, .row = row});
  }
  return places;
}

const mapping::SurplusPlan* surplus_of(const mapping::TopicPlan& plan, std::uint16_t table) {
  for (const auto& surplus : plan.surplus) {
    if (surplus.table == table) return &surplus;
  }
  return nullptr;
}

}  // namespace loom::sink
