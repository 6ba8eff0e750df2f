#include "app/metrics_recorder.h"

#include <pthread.h>

#include <chrono>
#include <vector>

#include "app/database_settings.h"
#include "status/process.h"

namespace loom::app {

namespace {

constexpr std::chrono::seconds kEvery{30};
constexpr int kRoundsBetweenMaintenance = 120;  // an hour: the tables have partitions for days ahead
constexpr double kMegabyte = 1e6;

}  // namespace

MetricsRecorder::MetricsRecorder(Parts parts) : parts_(parts), thread_([this] { run(); }) {}

MetricsRecorder::~MetricsRecorder() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

MetricsRecorder::Look MetricsRecorder::look() const {
  using pipeline::TopicCounters;
  Look now{.when = parts_.clock.now(),
           .messages = parts_.counters.total(&TopicCounters::stored_messages),
           .dead_letters = 0,
           .rebalances = parts_.counters.rebalances.load(),
           .copy_seconds = parts_.counters.copy_seconds.read().sum + parts_.counters.decode_seconds.read().sum};
  for (const auto& [topic, counters] : parts_.counters.topics()) now.dead_letters += counters->all_dead_letters();
  return now;
}

void MetricsRecorder::record(const Look& before, const Look& now) {
  const double seconds = std::chrono::duration<double>(now.when - before.when).count();
  const auto messages = static_cast<double>(now.messages - before.messages);
  kafka::ProcessingMetrics metrics;
  metrics.service_name = kServiceName;
  metrics.messages_processed = static_cast<std::int64_t>(now.messages - before.messages);
  metrics.messages_per_second = seconds > 0 ? messages / seconds : 0;
  metrics.processing_time_ms = messages > 0 ? (now.copy_seconds - before.copy_seconds) * 1000 / messages : 0;
  metrics.memory_usage_mb = static_cast<double>(status::read_process_usage().resident_bytes.value_or(0)) / kMegabyte;
  metrics.errors = static_cast<std::int64_t>(now.dead_letters - before.dead_letters);
  metrics.rebalances = static_cast<std::int32_t>(now.rebalances - before.rebalances);
  parts_.loader.record_processing_metrics(metrics);

  if (!parts_.lag.reports()) return;
  std::vector<kafka::LagRecord> lag;
  const auto group = parts_.lag.latest();
  for (const auto& at : group->partitions) {
    if (!at.committed || !at.end) continue;
    lag.push_back({.service_name = kServiceName,
                   .consumer_group_id = group->group,
                   .topic = at.topic,
                   .partition = at.partition,
                   .current_offset = *at.committed,
                   .end_offset = *at.end});
  }
  if (!lag.empty()) parts_.loader.record_consumer_lag(lag);
}

void MetricsRecorder::run() {
  pthread_setname_np(pthread_self(), "recorder");
  Look before = look();
  MutexLock lock(mutex_);
  for (int round = 0; !stop_.wait_for(lock, kEvery, [this]() LOOM_REQUIRES(mutex_) { return stopping_; }); ++round) {
    lock.unlock();
    if (round % kRoundsBetweenMaintenance == 0) parts_.loader.maintain_metrics();
    const Look now = look();
    record(before, now);
    before = now;
    lock.lock();
  }
}

}  // namespace loom::app
