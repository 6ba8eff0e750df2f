#include "app/storage_keeper.h"

#include <pthread.h>

#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "schema/storage_upkeep.h"

namespace loom::app {

namespace {

constexpr std::chrono::seconds kUpkeepEvery{60};
// The tables are known when the first plans are made; and a reload may bring the first table that needs this.
constexpr std::chrono::seconds kUntilThereAreTables{2};

}  // namespace

StorageKeeper::StorageKeeper(std::string database_url, const pipeline::DatabasePlans& plans)
    : url_(std::move(database_url)), plans_(plans), has_tables_(keep_up()), thread_([this] { run(); }) {}

StorageKeeper::~StorageKeeper() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

bool StorageKeeper::keep_up() {
  const auto tables = plans_.time_tables();
  if (tables.empty()) return false;
  try {
    const schema::StorageNotes notes = schema::keep_up(url_, tables);
    for (const auto& line : notes.done) log::info({}, "{}", line);
    for (const auto& line : notes.warnings) log::warn({}, "{}", line);
  } catch (const std::exception& error) {
    log::warn({}, "{}", error.what());
  }
  return true;
}

void StorageKeeper::run() {
  pthread_setname_np(pthread_self(), "storage");
  MutexLock lock(mutex_);
  auto wait = has_tables_ ? kUpkeepEvery : kUntilThereAreTables;
  while (!stop_.wait_for(lock, wait, [this]() LOOM_REQUIRES(mutex_) { return stopping_; })) {
    lock.unlock();
    wait = keep_up() ? kUpkeepEvery : kUntilThereAreTables;
    lock.lock();
  }
}

}  // namespace loom::app
