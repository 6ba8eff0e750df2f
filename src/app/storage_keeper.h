#pragma once

#include <string>
#include <thread>

#include "base/mutex.h"
#include "pipeline/database_plans.h"

namespace loom::app {

/// Looks after the tables that are divided by time, once a minute: partitions ahead, and those that `retain` says are
/// too old (schema/storage_upkeep.h).
/// Threads: its own.  Owns: that thread.
/// Blocks:  the constructor, which does it for the first time before a backlog's rows meet yesterday's partitions; the
///          destructor, while it is at it.
/// Fails:   never: what cannot be done is logged, and tried the next time.
class StorageKeeper {
 public:
  /// `plans` outlives it.
  StorageKeeper(std::string database_url, const pipeline::DatabasePlans& plans);
  ~StorageKeeper();
  StorageKeeper(const StorageKeeper&) = delete;
  StorageKeeper& operator=(const StorageKeeper&) = delete;

 private:
  /// Whether there was something to look after.
  bool keep_up();
  void run();

  const std::string url_;
  const pipeline::DatabasePlans& plans_;
  const bool has_tables_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loom::app
