#pragma once

#include <cstdint>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "lag/monitor.h"
#include "loom/kafka/config_loader.h"
#include "pipeline/counters.h"

namespace loom::app {

/// Writes down in the database every 30 s what the service did and how far its group is behind, for the views and the
/// advice that are made of it. Each replica records its own work; the lag is recorded by the one that reports it.
/// Threads: its own.  Owns: that thread.
/// Blocks:  the destructor, while a recording is under way (5 s at most).
/// Fails:   never: what cannot be recorded is not recorded; the loader says why.
class MetricsRecorder {
 public:
  /// What it looks at; all of it outlives the recorder.
  struct Parts {
    const Clock& clock;
    const pipeline::Counters& counters;
    const lag::Monitor& lag;
    kafka::KafkaConsumerConfigLoader& loader;
  };
  explicit MetricsRecorder(Parts parts);
  ~MetricsRecorder();
  MetricsRecorder(const MetricsRecorder&) = delete;
  MetricsRecorder& operator=(const MetricsRecorder&) = delete;

 private:
  /// The counters at one moment.
  struct Look {
    TimePoint when{};
    std::uint64_t messages = 0;
    std::uint64_t dead_letters = 0;
    std::uint64_t rebalances = 0;
    double copy_seconds = 0;
  };
  [[nodiscard]] Look look() const;
  void record(const Look& before, const Look& now);
  void run();

  const Parts parts_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loom::app
