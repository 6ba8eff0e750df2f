#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::mapping {

/// The units that lengths of time are given in; `number`: those of an integer column.
enum class TimeUnit : std::uint8_t { number, second, minute, hour, day, week, month, year };

/// A length of time as the mapping gives it: `7 days`.
struct TimeLength {
  std::int64_t count = 0;  ///< from 1
  TimeUnit unit = TimeUnit::day;

  /// For people and for SQL's INTERVAL: `7 days`.
  [[nodiscard]] std::string text() const;
  /// `INTERVAL '7 days'`, or the number.
  [[nodiscard]] std::string sql() const;
  bool operator==(const TimeLength&) const = default;
};

/// `7 days`, `1 hour`, `90d`, or a number alone; nothing for any other text. Pure.
std::optional<TimeLength> parse_time_length(std::string_view text);

/// A column and the direction in which rows are ordered by it.
struct OrderColumn {
  std::string column;
  bool descending = false;
  bool operator==(const OrderColumn&) const = default;
};

/// A table that TimescaleDB divides by time.
/// Source: https://docs.timescale.com/api/latest/hypertable/create_hypertable/
struct Hypertable {
  std::string time;                   ///< column
  std::optional<TimeLength> chunk{};  ///< without: TimescaleDB's own, 7 days
  std::string space{};                ///< column; empty: divided by time alone
  int partitions = 0;                 ///< by `space`
  std::optional<TimeLength> compress_after{};
  std::vector<std::string> segment_by{};  ///< columns
  std::vector<OrderColumn> order_by{};    ///< empty: TimescaleDB's own, by time with the latest first
  std::optional<TimeLength> retain{};     ///< rows older than this go
  bool operator==(const Hypertable&) const = default;
};

/// A table that PostgreSQL divides by time, in partitions that the service makes and drops.
/// Source: https://www.postgresql.org/docs/15/ddl-partitioning.html
struct TimePartitions {
  std::string time;             ///< column
  TimeUnit by = TimeUnit::day;  ///< hour, day, week or month
  std::optional<TimeLength> retain{};
  bool catch_all = true;  ///< a DEFAULT partition takes the rows that no other one does
  bool operator==(const TimePartitions&) const = default;
};

/// How a topic's own table is divided by time. Both: by TimescaleDB where the database has it, else by PostgreSQL.
struct TimeStorage {
  std::optional<Hypertable> hypertable{};
  std::optional<TimePartitions> partition{};
  [[nodiscard]] bool is_wanted() const { return hypertable || partition; }
  bool operator==(const TimeStorage&) const = default;
};

std::string_view to_string(TimeUnit unit);

}  // namespace loom::mapping
