#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "loom/kafka/config_loader.h"

namespace loom::kafka::stage {

/// What a stage did since its last report.
/// Pure.  Threads: one at a time.
class Tally {
 public:
  explicit Tally(TimePoint now) : since_(now) {}

  /// A message is done with; `failed`: not at the first try.
  void processed(Duration took, bool failed);
  void rebalanced(std::int32_t times) { rebalances_ += times; }
  [[nodiscard]] bool due(TimePoint now, Duration every) const { return now - since_ >= every; }
  /// The report; counts anew from now on.
  ProcessingMetrics take(const std::string& service, TimePoint now);

 private:
  TimePoint since_;
  std::int64_t messages_ = 0;
  std::int64_t errors_ = 0;
  std::int32_t rebalances_ = 0;
  Duration busy_{};
};

struct Report {
  ProcessingMetrics metrics;
  std::vector<LagRecord> lag;
};

/// Talks with the database for a stage, so that the stage never waits for it: writes its reports down and looks at its
/// settings now and then.
/// Threads: made and used by one.  Owns: the loader, and a thread.
/// Blocks:  the constructor, while it asks for the settings (5 s with the database away), and the destructor, while a
///          statement is under way.
/// Fails:   never: the loader says why something was not written.
class Reporter {
 public:
  Reporter(LoaderSettings settings, std::string service);
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  /// The settings as they were last known.
  [[nodiscard]] ConsumerConfig config();
  /// Writes this down. When the database is so slow that one is waiting already, that one is lost.
  void post(Report report);

 private:
  void run();

  const std::string service_;
  KafkaConsumerConfigLoader loader_;

  Mutex mutex_;
  CondVar something_;
  ConsumerConfig config_ LOOM_GUARDED_BY(mutex_);
  std::optional<Report> report_ LOOM_GUARDED_BY(mutex_);
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // none without a database
};

}  // namespace loom::kafka::stage
