#include "sink/key_order.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

namespace loom::sink {
namespace {

constexpr std::size_t kFewRows = 500;

struct Place {
  std::uint64_t group = 0;  ///< of all key columns but the last
  std::uint64_t last = 0;   ///< the last one's first bytes: numbers and times are in network byte order, and so sort
  std::uint32_t row = 0;
};

/// Where the key columns stand among the columns that the rows carry, the last one of the key at the end.
std::optional<std::vector<std::size_t>> key_fields(const mapping::TablePlan& table, const encode::RowSet& rows) {
  std::vector<std::size_t> fields;
  for (const std::uint16_t column : table.key) {
    if (rows.omitted.test(column)) return std::nullopt;
    fields.push_back(column - rows.omitted.count_before(column));
  }
  return fields;
}

std::uint32_t big_endian_32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}

/// Finds fields of binary rows (a count of 2 bytes, then length and bytes of each), one row after the other.
class Fields {
 public:
  explicit Fields(std::size_t most) : found_(most + 1) {}

  void read(std::string_view row) {
    const char* at = row.data() + 2;
    for (auto& field : found_) {
      const auto length = static_cast<std::int32_t>(big_endian_32(at));
      at += 4;
      const std::size_t size = length < 0 ? 0 : static_cast<std::size_t>(length);
      field = length < 0 ? std::string_view() : std::string_view(at, size);
      at += size;
    }
  }
  /// Without data() when it is null.
  [[nodiscard]] std::string_view at(std::size_t field) const { return found_[field]; }

 private:
  std::vector<std::string_view> found_;
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
      : table_(table), rows_(rows), key_(key), before_(most(key)), now_(most(key)) {
    kept_.reserve(rows.rows.size());
  }

  void take(const Place& place) {
    // With versions the later one may be the older.
    const bool alike = !table_.version && !kept_.empty() && last_.group == place.group && last_.last == place.last;
    if (alike && is_repeated(place.row)) {
      if (table_.conflict_strategy == mapping::ConflictStrategy::ignore) return;
      if (table_.conflict_strategy == mapping::ConflictStrategy::replace || sets_the_same(place.row)) {
        kept_.back() = rows_.row(place.row);
        last_ = place;
        return;
      }
    }
    kept_.push_back(rows_.row(place.row));
    last_ = place;
  }
  [[nodiscard]] std::vector<std::string_view> kept() { return std::move(kept_); }

 private:
  static std::size_t most(const std::vector<std::size_t>& key) { return *std::max_element(key.begin(), key.end()); }

  /// Places are alike whose keys may still differ.
  [[nodiscard]] bool is_repeated(std::uint32_t row) {
    before_.read(kept_.back());
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
  std::vector<std::string_view> kept_;
};

}  // namespace

std::vector<std::string_view> in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows) {
  if (table.key.empty() || !table.binary || table.gives_identity || rows.rows.size() < kFewRows) return {};
  const auto key = key_fields(table, rows);
  if (!key) return {};

  Fields fields(*std::max_element(key->begin(), key->end()));
  std::vector<Place> places(rows.rows.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    fields.read(rows.row(i));
    std::uint64_t group = 0;
    for (std::size_t k = 0; k + 1 < key->size(); ++k) {
      group = group * 31 + std::hash<std::string_view>{}(fields.at((*key)[k]));
    }
    places[i] = {.group = group, .last = first_bytes(fields.at(key->back())), .row = static_cast<std::uint32_t>(i)};
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    if (a.group != b.group) return a.group < b.group;
    if (a.last != b.last) return a.last < b.last;
    return a.row < b.row;
  });

  Distinct distinct(table, rows, *key);
  for (const Place& place : places) distinct.take(place);
  return distinct.kept();
}

void order_rows(const mapping::TopicPlan& plan, encode::RowSets& rows) {
  // A message that comes again may have shorter lists. Only the merge deletes, so its rows have to meet.
  if (!plan.surplus.empty()) return;
  for (encode::RowSet& set : rows.all()) {
    if (set.ordered_of == set.rows.size()) continue;
    set.ordered = in_key_order(plan.tables[set.table], set);
    set.ordered_of = set.rows.size();
  }
}

}  // namespace loom::sink
