#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/database_settings.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "mapping/problem.h"
#include "pipeline/database_plans.h"
#include "pipeline/group_consumer.h"
#include "settings/config.h"
#include "sink/writer_pool.h"
#include "status/snapshot.h"

namespace loom::app {

/// What came of a reload.
struct ReloadResult {
  bool applied = false;
  std::vector<std::string> errors;    ///< why it was refused; nothing has changed then
  std::vector<std::string> warnings;  ///< also: what takes effect only at the next start
  pipeline::PlanChanges topics;
  std::vector<std::string> settings;  ///< names of those that changed
  bool client_recreated = false;
  bool try_again = false;  ///< refused for what the database has, or since it could not be asked: it may change
};

/// What a reload would find.
struct ValidateResult {
  bool valid = false;
  std::vector<mapping::Problem> problems;
};

/// What was refused last, and when it is tried again by itself, if ever.
struct Refusal {
  std::vector<std::string> errors;
  TimePoint since{};
  TimePoint next_try = TimePoint::max();
};

/// Puts the configuration and mapping files, and the database's consumer settings, in place as they are now, while the
/// service runs:
///
///   read both -> check them against each other and the database's tables -> wrong: refused, and the old ones stay
///   -> plans, pool, log -> the consumer: other plans between two batches, subscription, or a new Kafka client
///
/// A topic that had no plan before and still has none (its table is missing) does not refuse the rest. What was refused
/// for what the database has is tried again by itself, about once a second, until it fits: nobody has to ask for it
/// after the ALTER TABLE.
/// Threads: reload(), validate() and request() from any; one of its own, which also looks every second whether a file
///          has changed, and takes it when it has been the same twice (an editor may be at it).
/// Blocks:  reload() and validate(): while files, database and brokers are asked, some seconds at most.
class Reloader {
 public:
  /// What it changes; all of it outlives the reloader. `loader`: nullptr without LOOM_USE_DATABASE_CONFIG.
  struct Parts {
    pipeline::DatabasePlans& plans;
    pipeline::GroupConsumer& consumer;
    sink::WriterPool& pool;
    kafka::KafkaConsumerConfigLoader* loader = nullptr;
  };
  /// `row`: the database's settings that are part of `config` already.
  Reloader(settings::Config config, kafka::ConsumerConfig row, pipeline::ConsumerSettings settings, Parts parts);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  ReloadResult reload(std::string_view trigger);
  [[nodiscard]] ValidateResult validate() const;
  /// A reload, soon, on the reloader's own thread.
  void request(std::string trigger);

  [[nodiscard]] std::uint64_t applied() const { return applied_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// What was refused last, until something is applied.
  [[nodiscard]] std::optional<status::RefusedReload> refusal() const;

 private:
  struct Candidate;
  [[nodiscard]] Candidate read_candidate(bool create_tables) const LOOM_REQUIRES(reloading_);
  void apply(Candidate candidate, ReloadResult& result) LOOM_REQUIRES(reloading_);
  [[nodiscard]] std::string files() const LOOM_REQUIRES(reloading_);
  [[nodiscard]] bool changed(std::string& seen) const;
  [[nodiscard]] bool may_fit_now() const;
  bool refuse(std::string_view trigger, const ReloadResult& result, TimePoint began) LOOM_REQUIRES(reloading_);
  [[nodiscard]] bool row_changed() const;
  void run();

  // Constant after construction
  const Parts parts_;

  std::atomic<std::uint64_t> applied_{0};
  std::atomic<std::uint64_t> refused_{0};

  mutable Mutex reloading_;                                          // one reload at a time
  settings::Config config_ LOOM_GUARDED_BY(reloading_);              // in use
  pipeline::ConsumerSettings settings_ LOOM_GUARDED_BY(reloading_);  // in use
  kafka::ConsumerConfig row_ LOOM_GUARDED_BY(reloading_);  // the database's settings that were last taken or refused
  std::string taken_ LOOM_GUARDED_BY(reloading_);          // what the files held when they were last taken or refused

  mutable Mutex refusal_mutex_;  // taken last
  std::optional<Refusal> refusal_ LOOM_GUARDED_BY(refusal_mutex_);

  Mutex mutex_;
  CondVar asked_;
  std::string requested_ LOOM_GUARDED_BY(mutex_);  // the trigger
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loom::app
