#include "sink/key_order.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "sink/row_fields.h"

namespace loom::sink {
namespace {

constexpr std::size_t kFewRows = 500;

struct Place {
  std::uint64_t group = 0;  ///< of all key columns but the last
  std::uint64_t last = 0;   ///< the last one's first bytes: numbers and times are in network byte order, and so sort
  std::uint64_t rest = 0;   ///< where it has more of them: a hash of all
  std::uint32_t row = 0;
};

std::uint64_t first_bytes(std::string_view value) {
  std::uint64_t bytes = 0;
  if (!value.empty()) std::memcpy(&bytes, value.data(), std::min(value.size(), sizeof bytes));
  return __builtin_bswap64(bytes);
}

/// Takes rows in order of key, and leaves one of those that share a key.
class Distinct {
 public:
  Distinct(const mapping::TablePlan& table, const encode::RowSet& rows, const std::vector<std::size_t>& key)
      : table_(table), rows_(rows), key_(key), before_(key), now_(key) {
    kept_.reserve(rows.rows.size());
  }

  void take(const Place& place) {
    // With versions the later one may be the older.
    const bool alike = !table_.version && !kept_.empty() && last_.group == place.group && last_.last == place.last &&
                       last_.rest == place.rest;
    if (alike && is_repeated(place.row)) {
      if (table_.conflict_strategy == mapping::ConflictStrategy::ignore) return;
      if (table_.conflict_strategy == mapping::ConflictStrategy::replace || sets_the_same(place.row)) {
        kept_.back() = place.row;
        last_ = place;
        return;
      }
    }
    kept_.push_back(place.row);
    last_ = place;
  }
  [[nodiscard]] std::vector<std::uint32_t> kept() { return std::move(kept_); }

 private:
  /// Places are alike whose keys may still differ.
  [[nodiscard]] bool is_repeated(std::uint32_t row) {
    before_.read(rows_.row(kept_.back()));
    now_.read(rows_.row(row));
    return std::all_of(key_.begin(), key_.end(), [&](std::size_t field) {
      const std::string_view value = now_.at(field);
      return value.data() != nullptr && value == before_.at(field);  // null is no null's equal
    });
  }
  /// Under ConflictStrategy::update the later row then has all of the earlier one's columns, and they are as it has
  /// them.
  [[nodiscard]] bool sets_the_same(std::uint32_t row) const {
    return row < rows_.present.size() && rows_.present[row] == rows_.present[last_.row];
  }

  const mapping::TablePlan& table_;
  const encode::RowSet& rows_;
  const std::vector<std::size_t>& key_;
  Fields before_;
  Fields now_;
  Place last_;  // of the last one that is kept
  std::vector<std::uint32_t> kept_;
};

bool has_order(const mapping::TablePlan& table) { return !table.key.empty() && table.binary && !table.gives_identity; }

/// The rows' hashes of table and key, by index; 0: a null in it keeps the key from having an equal.
using Hashes = std::vector<std::uint64_t>;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t more) {
  hash = (hash ^ more) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 29U);
}

/// `hashes`: gets them where they are wanted, else nullptr.
std::vector<std::uint32_t> sorted_by_key(const mapping::TablePlan& table, const encode::RowSet& rows, Hashes* hashes) {
  if (!has_order(table) || rows.rows.empty()) return {};
  const auto key = key_fields(table, rows);
  if (!key) return {};

  const std::uint64_t of_table = hashes == nullptr ? 0 : std::hash<std::string>{}(table.name.quoted());
  if (hashes != nullptr) hashes->resize(rows.rows.size());
  Fields fields(*key);
  std::vector<Place> places(rows.rows.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    fields.read(rows.row(i));
    std::uint64_t group = 0;
    bool has_null = false;
    for (std::size_t k = 0; k + 1 < key->size(); ++k) {
      const std::string_view value = fields.at((*key)[k]);
      has_null |= value.data() == nullptr;
      group = group * 31 + std::hash<std::string_view>{}(value);
    }
    const std::string_view last = fields.at(key->back());
    const bool is_long = last.size() > sizeof(std::uint64_t);
    places[i] = {.group = group,
                 .last = first_bytes(last),
                 .rest = is_long ? std::hash<std::string_view>{}(last) : 0,
                 .row = static_cast<std::uint32_t>(i)};
    if (hashes == nullptr) continue;
    has_null |= last.data() == nullptr;
    const bool has_equal = !has_null || table.key_rules.nulls_equal;
    const std::uint64_t of_last = is_long ? places[i].rest : mixed(places[i].last, last.size());
    (*hashes)[i] = has_equal ? std::max<std::uint64_t>(mixed(mixed(of_table, group), of_last), 1) : 0;
  }
  // Rows of one key stand side by side, the first message's first.
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    if (a.group != b.group) return a.group < b.group;
    if (a.last != b.last) return a.last < b.last;
    if (a.rest != b.rest) return a.rest < b.rest;
    return a.row < b.row;
  });

  Distinct distinct(table, rows, *key);
  for (const Place& place : places) distinct.take(place);
  return distinct.kept();
}

/// Those whose keys were kept already go through the merge, and so does what comes after another row of its key.
void part(encode::RowSet& rows, const Hashes& hashes, KeyMemory& memory) {
  constexpr std::size_t kAhead = 16;
  std::vector<std::uint32_t> met;
  std::uint64_t before = 0;
  const std::size_t count = rows.ordered.size();
  for (std::size_t place = 0; place < count; ++place) {
    if (place + kAhead < count) memory.prefetch(hashes[rows.ordered[place + kAhead]]);
    const std::uint64_t hash = hashes[rows.ordered[place]];
    if (hash == 0) continue;
    const bool repeats = hash == before;  // whatever the memory has forgotten meanwhile
    if (memory.meet(hash) || repeats) met.push_back(static_cast<std::uint32_t>(place));
    before = hash;
  }
  expect_to_meet(rows, met);
}

}  // namespace

std::vector<std::uint32_t> in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows) {
  return sorted_by_key(table, rows, nullptr);
}

bool can_part(const mapping::TopicPlan& plan, const encode::RowSets& rows) {
  // A message that comes again may have shorter lists. Only the merge deletes, so its rows have to meet.
  if (!plan.surplus.empty()) return false;
  std::vector<int> sets(plan.tables.size(), 0);
  for (const encode::RowSet& set : rows.all()) {
    const mapping::TablePlan& table = plan.tables[set.table];
    if (set.rows.empty() || table.key.empty()) continue;
    if (!has_order(table) || !table.key_rules.bytes_tell || !key_fields(table, set)) return false;
    if (++sets[set.table] > 1) return false;
  }
  return true;
}

void order_rows(const mapping::TopicPlan& plan, encode::RowSets& rows, KeyMemory& memory) {
  if (!plan.surplus.empty()) return;
  const bool parts = can_part(plan, rows);
  for (encode::RowSet& set : rows.all()) {
    if (set.ordered_of == set.rows.size() && (parts || set.may_meet.empty())) continue;
    set.forget_order();
    const mapping::TablePlan& table = plan.tables[set.table];
    if (parts && !table.key.empty()) {
      Hashes hashes;
      set.ordered = sorted_by_key(table, set, &hashes);
      part(set, hashes, memory);
    } else if (set.rows.size() >= kFewRows) {
      set.ordered = in_key_order(table, set);
    }
    set.ordered_of = set.rows.size();
  }
}

namespace {

/// Takes them out of those that are copied, and puts them here.
void move_rows(encode::RowSet& rows, const std::vector<std::uint32_t>& places, std::vector<std::uint32_t>& to) {
  if (places.empty()) return;
  for (const std::uint32_t place : places) to.push_back(rows.ordered[place]);
  std::sort(to.begin(), to.end());
  auto next = places.begin();
  std::uint32_t place = 0;
  std::erase_if(rows.ordered, [&](std::uint32_t) {
    const bool moves = next != places.end() && *next == place;
    if (moves) ++next;
    ++place;
    return moves;
  });
}

}  // namespace

void expect_to_meet(encode::RowSet& rows, const std::vector<std::uint32_t>& places) {
  move_rows(rows, places, rows.may_meet);
}

void note_met(const mapping::TablePlan& table, encode::RowSet& rows, const std::vector<std::uint32_t>& places) {
  const bool is_done = table.conflict_strategy == mapping::ConflictStrategy::ignore && table.ignored_may_be_left_out;
  move_rows(rows, places, is_done ? rows.met : rows.may_meet);
}

void forget_met(encode::RowSets& rows) {
  for (encode::RowSet& set : rows.all()) {
    if (set.met.empty()) continue;
    set.may_meet.insert(set.may_meet.end(), set.met.begin(), set.met.end());
    std::sort(set.may_meet.begin(), set.may_meet.end());
    set.met.clear();
  }
}

}  // namespace loom::sink
