#include "sink/time_bounds.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>

namespace loom::sink {
namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;
constexpr std::int64_t kFrom1970To2000 = 946'684'800;
constexpr std::int64_t kFarAway = std::numeric_limits<std::int64_t>::max() / 2;

/// Microseconds since 2000, as the server stores them.
struct Bounds {
  std::size_t field = 0;   ///< of the rows
  std::size_t column = 0;  ///< of the plan
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
};

bool is_time(const mapping::ColumnInfo& info) {
  using mapping::ColumnType;
  return !info.is_array && (info.type == ColumnType::timestamptz || info.type == ColumnType::timestamp);
}

/// Walks over rows: a count of 2 bytes, then length and bytes of each field.
void take_rows(std::string_view rows, std::vector<Bounds>& bounds) {
  const char* at = rows.data();
  const char* const end = at + rows.size();
  while (at < end) {
    std::uint16_t fields = 0;
    std::memcpy(&fields, at, sizeof fields);
    fields = __builtin_bswap16(fields);
    at += sizeof fields;
    for (std::size_t field = 0; field < fields; ++field) {
      std::uint32_t size = 0;
      std::memcpy(&size, at, sizeof size);
      at += sizeof size;
      const auto length = static_cast<std::int32_t>(__builtin_bswap32(size));
      if (length < 0) continue;
      for (Bounds& bound : bounds) {
        if (bound.field != field || length != sizeof(std::uint64_t)) continue;
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, at, sizeof bytes);
        const auto value = static_cast<std::int64_t>(__builtin_bswap64(bytes));
        bound.first = std::min(bound.first, value);
        bound.last = std::max(bound.last, value);
      }
      at += length;
    }
  }
}

/// Nothing for what has no year of four digits, such as infinity.
std::optional<std::string> text_of(std::int64_t microseconds) {
  constexpr std::int64_t kYear1 = -62'135'596'800;
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  std::int64_t seconds = microseconds / kMicroseconds;
  std::int64_t rest = microseconds % kMicroseconds;
  if (rest < 0) {
    rest += kMicroseconds;
    --seconds;
  }
  if (seconds < kYear1 - kFrom1970To2000 || seconds >= kYear10000 - kFrom1970To2000) return std::nullopt;
  return fmt::format("'{:%Y-%m-%d %H:%M:%S}.{:06}+00'",
                     fmt::gmtime(static_cast<std::time_t>(seconds + kFrom1970To2000)), rest);
}

}  // namespace

std::string time_bounds(const mapping::TablePlan& table, const std::vector<std::size_t>& key,
                        const std::vector<std::string_view>& pieces) {
  std::vector<Bounds> bounds;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (is_time(table.columns[table.key[i]].info)) bounds.push_back({.field = key[i], .column = table.key[i]});
  }
  if (bounds.empty()) return "";
  for (const std::string_view piece : pieces) take_rows(piece, bounds);
  std::string out;
  for (const Bounds& bound : bounds) {
    if (bound.first > bound.last) continue;  // all are null
    const mapping::ColumnInfo& info = table.columns[bound.column].info;
    // A column with fewer digits rounds what the rows have, to a second at most.
    const std::int64_t room = info.type_modifier >= 0 ? kMicroseconds : 0;
    const auto first = text_of(bound.first < 0 - kFarAway ? bound.first : bound.first - room);
    const auto last = text_of(bound.last > kFarAway ? bound.last : bound.last + room);
    const std::string name = mapping::quote_identifier(info.name);
    if (first) out += " AND t." + name + " >= " + *first;
    if (last) out += " AND t." + name + " <= " + *last;
  }
  return out;
}

std::string time_bounds(const mapping::TablePlan& table, const encode::ColumnBits& omitted,
                        const std::vector<std::string_view>& pieces) {
  if (!table.binary) return "";
  std::vector<std::size_t> key;
  for (const std::uint16_t column : table.key) {
    if (omitted.test(column)) return "";
    key.push_back(column - omitted.count_before(column));
  }
  return time_bounds(table, key, pieces);
}

}  // namespace loom::sink
