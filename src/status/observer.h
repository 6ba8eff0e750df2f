#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "lag/local_position.h"
#include "lag/monitor.h"
#include "pipeline/context.h"
#include "pipeline/database_plans.h"
#include "pipeline/group_consumer.h"
#include "pipeline/trouble.h"
#include "registry/schema_cache.h"
#include "sink/writer_pool.h"
#include "status/documents.h"
#include "status/health.h"
#include "status/rates.h"
#include "status/snapshot.h"

namespace loom::status {

/// The parts of the running service that are looked at; all of them outlive the observer.
struct Observed {
  const pipeline::Context& context;
  const pipeline::GroupConsumer& consumer;
  const pipeline::DatabasePlans& plans;
  const sink::WriterPool& pool;
  const lag::Monitor& lag;
  const HealthProbe& health;
  const registry::SchemaCache* schemas = nullptr;  ///< nullptr: there is no registry
};

/// What this replica knows of the positions of its partitions, for the lag monitor.
std::vector<lag::LocalPosition> local_positions(const pipeline::WorkerView& work);

/// Looks at the running service and puts down what it sees.
/// Threads: any; tick() by one.
/// Owns:    the rates of the last minutes, since when the pool has been full, and why the start is not done.
class Observer {
 public:
  Observer(const Observed& observed, std::string version, std::string group);

  /// At the start: why the database could not be made ready, and that it is.
  void note_unprepared(batch::Cause cause, std::string says);
  void note_prepared();

  /// Once a second: rates and history are made of what it sees then.
  void tick();
  [[nodiscard]] Snapshot take() const;
  [[nodiscard]] std::vector<HistoryPoint> history() const { return rates_.history(); }

 private:
  const Observed observed_;
  const std::string version_;
  const std::string group_;
  const TimePoint started_;
  Rates rates_;
  mutable Mutex mutex_;
  std::optional<pipeline::Trouble> unprepared_ LOOM_GUARDED_BY(mutex_);
  std::atomic<TimePoint> pool_full_since_{TimePoint::max()};
};

}  // namespace loom::status
