#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loom::control {

enum class OffsetOrigin { none, kafka, database };

/// How far a group is behind in one partition.
struct PartitionLag {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> committed;  ///< nothing: the group has none there yet
  std::optional<std::int64_t> end;        ///< nothing: the partition did not answer, or is gone
  std::optional<std::int64_t> lag;        ///< never negative
  OffsetOrigin origin = OffsetOrigin::none;
};

struct LagReport {
  std::string group;
  std::vector<PartitionLag> partitions;  ///< by topic and partition
  std::vector<std::string> notes;        ///< what could not be asked

  [[nodiscard]] std::int64_t total() const;
};

struct LagOptions {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
  std::string group;
  std::string database_url;  ///< empty: Kafka alone is asked
};

/// Asks Kafka, and the database: where it has stored offsets of the group, those rule, since Kafka's are a copy that
/// may be some seconds old.
/// Blocks:  up to some tens of seconds when a server does not answer.
/// Fails:   KafkaError; a database that does not answer is a note.
LagReport read_lag(const LagOptions& options);

std::string render_table(const LagReport& report);
std::string render_json(const LagReport& report);

/// Reads and shows again and again until `stop`.
/// Fails: as read_lag, on the first reading; later failures are shown and tried again.
void watch_lag(const LagOptions& options, std::chrono::milliseconds interval, const std::atomic<bool>& stop,
               const std::function<void(const LagReport&)>& show);

}  // namespace loom::control
