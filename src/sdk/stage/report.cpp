#include "sdk/stage/report.h"

#include <unistd.h>

#include <fstream>
#include <utility>

namespace loom::kafka::stage {
namespace {

/// How often the loader is asked for the settings; how old they may be is its own affair.
constexpr std::chrono::seconds kLook{1};

double resident_mebibytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  if (!(file >> size >> resident)) return 0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0);
}

}  // namespace

void Tally::processed(Duration took, bool failed) {
  ++messages_;
  errors_ += failed ? 1 : 0;
  busy_ += took;
}

ProcessingMetrics Tally::take(const std::string& service, TimePoint now) {
  const double seconds = std::chrono::duration<double>(now - since_).count();
  ProcessingMetrics metrics;
  metrics.service_name = service;
  metrics.messages_processed = messages_;
  metrics.messages_per_second = seconds > 0 ? static_cast<double>(messages_) / seconds : 0;
  metrics.processing_time_ms =
      messages_ > 0 ? std::chrono::duration<double, std::milli>(busy_).count() / static_cast<double>(messages_) : 0;
  metrics.memory_usage_mb = resident_mebibytes();
  metrics.errors = errors_;
  metrics.rebalances = rebalances_;
  *this = Tally(now);
  return metrics;
}

Reporter::Reporter(LoaderSettings settings, std::string service) : service_(std::move(service)), loader_(settings) {
  if (settings.database_url.empty()) {
    config_ = default_config(service_);
    return;
  }
  config_ = loader_.load_config(service_);
  thread_ = std::thread([this] { run(); });
}

Reporter::~Reporter() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  something_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ConsumerConfig Reporter::config() {
  const MutexLock lock(mutex_);
  return config_;
}

void Reporter::post(Report report) {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    report_ = std::move(report);
  }
  something_.notify_all();
}

void Reporter::run() {
  MutexLock lock(mutex_);
  while (true) {
    something_.wait_for(lock, kLook, [&]() LOOM_REQUIRES(mutex_) { return stopping_ || report_.has_value(); });
    const std::optional<Report> report = std::exchange(report_, std::nullopt);
    const bool last = stopping_;
    lock.unlock();
    if (report && loader_.record_processing_metrics(report->metrics) && !report->lag.empty()) {
      loader_.record_consumer_lag(report->lag);
    }
    if (last) return;
    ConsumerConfig config = loader_.load_config(service_);
    lock.lock();
    config_ = std::move(config);
  }
}

}  // namespace loom::kafka::stage
