#include "sink/key_order.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>

namespace loom::sink {
namespace {

constexpr std::size_t kFewRows = 500;

struct Place {
  std::uint64_t group;  ///< of all key columns but the last
  std::uint64_t last;   ///< the last one's first bytes: numbers and times are in network byte order, and so sort
  std::uint32_t row;
};

/// Where the key columns stand among the columns that the rows carry, the last one of the key at the end.
std::optional<std::vector<std::size_t>> key_fields(const mapping::TablePlan& table, const encode::RowSet& rows) {
  std::vector<std::size_t> fields;
  for (const std::uint16_t column : table.key) {
    if (rows.omitted.test(column)) return std::nullopt;
    std::size_t field = column;
    for (std::size_t before = 0; before < column; ++before) field -= rows.omitted.test(before) ? 1U : 0U;
    fields.push_back(field);
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
      field = {at, size};
      at += size;
    }
  }
  [[nodiscard]] std::string_view at(std::size_t field) const { return found_[field]; }

 private:
  std::vector<std::string_view> found_;
};

std::uint64_t first_bytes(std::string_view value) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, value.data(), std::min(value.size(), sizeof bytes));
  return __builtin_bswap64(bytes);
}

}  // namespace

std::vector<std::string_view> in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows) {
  if (table.key.empty() || !table.binary || rows.rows.size() < kFewRows) return {};
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

  std::vector<std::string_view> ordered;
  ordered.reserve(places.size());
  for (const Place& place : places) ordered.push_back(rows.row(place.row));
  return ordered;
}

void order_rows(const mapping::TopicPlan& plan, encode::RowSets& rows) {
  for (encode::RowSet& set : rows.all()) {
    if (set.ordered.size() != set.rows.size()) set.ordered = in_key_order(plan.tables[set.table], set);
  }
}

}  // namespace loom::sink
