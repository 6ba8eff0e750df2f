#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "offsets/target.h"

namespace loom::offsets {

/// A reset that was refused. Nothing was changed; the message says what to do.
class OffsetResetRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OffsetToolSettings {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
  std::string group;
  std::string database_url;
  std::function<bool(const std::string& topic)> is_ours{};  ///< others' are left alone; unset: all are
};

/// Where a group stands in one partition.
struct PartitionOffsets {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> stored;  ///< the database's: the truth; nothing: the group has not begun here
  std::int64_t epoch = 0;
  std::optional<std::int64_t> updated_us;
  std::optional<std::int64_t> begin;  ///< of the log; nothing: the partition does not answer, or is gone
  std::optional<std::int64_t> end;
  std::optional<std::int64_t> kafka;  ///< what the group has committed there: a copy
  std::string decision{};             ///< why it is not read until a reset says where to go on; empty: it is read

  [[nodiscard]] std::optional<std::int64_t> lag() const;
};

struct OffsetReport {
  std::string group;
  std::vector<PartitionOffsets> partitions;  ///< by topic and partition
};

/// All partitions that the group has an offset of, in the database or in Kafka, of topics that are ours.
/// Blocks: up to some tens of seconds.  Fails: KafkaError, std::runtime_error.
OffsetReport read_offsets(const OffsetToolSettings& settings, const std::optional<std::string>& topic);

struct OffsetChange {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> before;
  std::int64_t after = 0;
  std::int64_t epoch = 0;  ///< the new one
};

struct ResetReport {
  std::string group;
  bool dry_run = false;
  std::vector<OffsetChange> changes;
  std::vector<std::string> notes;
};

struct ResetRequest {
  std::optional<std::string> topic;  ///< needed for a target
  std::optional<std::int32_t> partition;
  std::optional<OffsetTarget> to;         ///< or:
  std::optional<std::string> from_group;  ///< what this group has committed in Kafka
  bool dry_run = false;
};

/// Sets the stored offsets, all in one transaction, under a new epoch: a replica that still believes in the old ones
/// stores nothing any more and starts again from the new. Then commits the same to Kafka, so that lag tools agree.
/// Blocks: up to some tens of seconds.
/// Fails:  OffsetResetRefused (the group has members, the offset is not in the log, there is no such topic),
/// KafkaError,
///         std::runtime_error.
ResetReport reset_offsets(const OffsetToolSettings& settings, const ResetRequest& request);

std::string render_table(const OffsetReport& report);
std::string render_json(const OffsetReport& report);
std::string render_table(const ResetReport& report);
std::string render_json(const ResetReport& report);

}  // namespace loom::offsets
