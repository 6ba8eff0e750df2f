#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "support/kafka_test_client.h"

namespace loom::testing {

/// Numbered messages that flow into a topic at a steady rate, from a thread of its own.
/// Threads: finish() and sent() from the one that made it.  Fails: finish() throws what sending threw.
class Flow {
 public:
  struct Settings {
    std::int64_t from = 0;
    std::int64_t to = std::numeric_limits<std::int64_t>::max();  ///< the end; without it until stop()
    double rate = 1000;                                          ///< messages a second
    std::vector<unsigned> shares;                                ///< of the partitions: {3, 1} is 3 : 1
    std::int64_t bad_every = 0;  ///< 0: none is bad; 100: every hundredth, see bad_message()
  };
  Flow(std::string bootstrap, std::string topic, Settings settings);
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  /// How many were handed to the client so far.
  [[nodiscard]] std::int64_t sent() const { return sent_; }
  [[nodiscard]] bool flowing() const { return !done_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// Waits until all are in the log.
  void finish();
  /// No more of them; waits until those that were sent are in the log, and returns the number after the last.
  std::int64_t stop();

 private:
  void run();

  const std::string bootstrap_;
  const std::string topic_;
  const Settings settings_;
  std::atomic<std::int64_t> sent_{0};
  std::atomic<bool> done_{false};
  std::atomic<bool> stopping_{false};
  std::string failure_;
  std::thread thread_;
};

}  // namespace loom::testing
