#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom::lag {

/// Who says where the group stands in a partition.
enum class OffsetOrigin : std::uint8_t { none, kafka, database };

/// How a partition does over the window of samples that lies behind, in the terms of Burrow
/// (https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules).
enum class State : std::uint8_t {
  unknown,  ///< not enough samples yet
  ok,       ///< no lag at some time in the window, or it is shrinking
  warn,     ///< it moves, but its lag has only grown
  stall,    ///< it has an owner and lag, and does not move
  stop,     ///< it has lag and no member of the group owns it
  rewind,   ///< its offset went back
};
std::string_view to_string(State state);
/// How much it asks for somebody's attention; ok: 0.
int severity(State state);
std::string_view to_string(OffsetOrigin origin);

/// How far a group is behind in one partition.
struct PartitionLag {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> committed;  ///< the next offset to be stored; nothing: the group has none there yet
  std::optional<std::int64_t> begin;      ///< of the log; nothing: the partition did not answer, ever
  std::optional<std::int64_t> end;
  std::optional<std::int64_t> lag;        ///< messages; never negative
  std::optional<double> seconds;          ///< now minus the record timestamp of the first unstored message; 0: no lag
  std::optional<double> retention_ratio;  ///< lag / (end - begin); 1: the next deletion by retention loses messages
  double consumed_per_second = 0;         ///< over the window
  double produced_per_second = 0;
  std::optional<bool> assigned;  ///< whether a member of the group owns it; nothing: it could not be asked
  State state = State::unknown;
  OffsetOrigin origin = OffsetOrigin::none;

  /// Messages a second that the lag shrinks by (negative: it grows).
  [[nodiscard]] double drain_rate() const { return consumed_per_second - produced_per_second; }
  /// Seconds until nothing is left at the present rates: 0 without lag, nothing while the lag does not shrink.
  [[nodiscard]] std::optional<double> catch_up_seconds() const;
};

/// A group's lag at one moment.
struct GroupLag {
  std::string group;
  std::int64_t sampled_us = 0;           ///< wall clock, microseconds, of the last answer; 0: none yet
  double window_seconds = 0;             ///< that the rates are over; 0: a single sample has none
  std::vector<PartitionLag> partitions;  ///< by topic and partition
  std::vector<std::string> notes;        ///< what could not be asked

  [[nodiscard]] std::int64_t total() const;
  [[nodiscard]] double seconds() const;  ///< of the partition that is furthest behind in time
  /// Messages a second that the lag shrinks by (negative: it grows).
  [[nodiscard]] double drain_rate() const;
  /// Seconds until nothing is left at the present rates: 0 without lag, nothing while the lag does not shrink or a
  /// partition with lag stands still.
  [[nodiscard]] std::optional<double> catch_up_seconds() const;
  /// The state that asks most for attention: stop, stall, rewind, warn, unknown, ok.
  [[nodiscard]] State worst() const;
  /// The same for each topic alone.
  [[nodiscard]] std::map<std::string, GroupLag> by_topic() const;
};

}  // namespace loom::lag
