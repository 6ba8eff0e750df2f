#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "mapping/mapping_file.h"

namespace loom::testing {

/// Sample messages for all topics of a mapping, in turns and at a steady rate, from a thread of its own. All are good,
/// and none has the key of another.
/// Threads: stop() from the one that made it; sent() any.  Owns: the thread and the Kafka client.
class SampleFlow {
 public:
  /// `topics` outlives it. `rate`: messages a second, of all topics together.
  SampleFlow(std::string bootstrap, const std::vector<mapping::TopicMapping>& topics, std::int32_t partitions,
             double rate);
  ~SampleFlow();
  SampleFlow(const SampleFlow&) = delete;
  SampleFlow& operator=(const SampleFlow&) = delete;

  [[nodiscard]] std::int64_t sent() const { return sent_; }
  /// No more of them; waits until all are in the log. Fails: throws what sending threw.
  void stop();

  /// After stop(): how many rows each table must have, child tables apart.
  [[nodiscard]] const std::map<std::string, std::int64_t>& rows() const { return rows_; }
  /// After stop(): how many rows the child tables must have together.
  [[nodiscard]] std::int64_t child_rows() const { return child_rows_; }

 private:
  void run();

  const std::string bootstrap_;
  const std::vector<mapping::TopicMapping>& topics_;
  const std::int32_t partitions_;
  const double rate_;
  std::atomic<std::int64_t> sent_{0};
  std::atomic<bool> stopping_{false};
  std::map<std::string, std::int64_t> rows_;
  std::int64_t child_rows_ = 0;
  std::string failure_;
  std::thread thread_;
};

}  // namespace loom::testing
