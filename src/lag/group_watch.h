#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "admin/group_reader.h"
#include "base/clock.h"
#include "lag/history.h"
#include "lag/record_times.h"
#include "lag/sampler.h"

namespace loom::lag {

struct GroupWatchSettings {
  SamplerSettings sampler;
  History::Settings history;
  std::size_t look_ups = 16;  ///< records that are looked up in the log for each sample, at most
  std::chrono::milliseconds look_ups_within{1'500};
};

/// One group's lag, sample by sample, for who decides when.
/// Threads: one at a time.  Owns: Kafka clients, a database connection, the samples that the rates are made of.
/// Blocks:  sample() for as long as the Sampler, and look_ups_within.
/// Fails:   KafkaError from the constructor.
class GroupWatch {
 public:
  GroupWatch(GroupWatchSettings settings, const Clock& clock);

  GroupLag sample(const LocalPositions& local);

  /// The last reading's: whether Kafka answered, and what went wrong first.
  [[nodiscard]] bool kafka_answered() const { return kafka_answered_; }
  [[nodiscard]] bool database_answered() const { return database_answered_; }
  [[nodiscard]] const std::string& kafka_error() const { return kafka_error_; }

 private:
  const GroupWatchSettings settings_;
  const Clock& clock_;
  Sampler sampler_;
  History history_;
  RecordTimes times_;
  std::int64_t answered_us_ = 0;
  bool kafka_answered_ = false;
  bool database_answered_ = false;
  std::string kafka_error_;
};

}  // namespace loom::lag
