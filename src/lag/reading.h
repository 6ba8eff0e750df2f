#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lag/lag.h"

namespace loom::lag {

using PartitionKey = std::pair<std::string, std::int32_t>;

/// What one look at the servers says of a partition. Nothing: it was not answered, or there is none.
struct PartitionReading {
  std::optional<std::int64_t> committed;
  OffsetOrigin origin = OffsetOrigin::none;
  std::int64_t last_timestamp_ms = -1;  ///< of the record before `committed`; -1: not known
  std::int64_t first_unstored_ms = -1;  ///< of the record at `committed`; -1: not known without a look
  std::optional<std::int64_t> begin;
  std::optional<std::int64_t> end;
  std::optional<bool> assigned;
  bool gone = false;  ///< Kafka says that there is no such partition
};

/// One look at the servers.
struct Reading {
  std::map<PartitionKey, PartitionReading> partitions;
  bool kafka_answered = false;     ///< for the group's offsets and the topics
  bool database_answered = false;  ///< or there is none to ask
  std::string kafka_error;         ///< the first thing that Kafka did not answer
  std::vector<std::string> notes;  ///< what could not be asked

  /// Everybody answered: what it lacks is not there.
  [[nodiscard]] bool complete() const { return kafka_answered && database_answered; }
};

}  // namespace loom::lag
