#include "lag/monitor.h"

#include <pthread.h>

#include <atomic>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "lag/group_watch.h"
#include "lag/lease.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;

constexpr auto kQuestionTimeout = 2s;
constexpr auto kNotSetUpPause = 30s;  // every attempt is an error in the database's log

GroupWatchSettings watch_settings(const MonitorSettings& settings, const std::atomic<bool>& stop) {
  GroupWatchSettings watch;
  watch.sampler.bootstrap_servers = settings.bootstrap_servers;
  watch.sampler.rdkafka = settings.rdkafka;
  // What goes wrong here is a note; the consumer's own client logs the same, as the service logs.
  watch.sampler.rdkafka["log_level"] = "0";
  watch.sampler.rdkafka.erase("debug");
  watch.sampler.group = settings.group;
  watch.sampler.database_url = settings.database_url;
  watch.sampler.timeout = kQuestionTimeout;
  watch.sampler.seldom = settings.interval * 5;
  watch.sampler.covers = settings.covers;
  watch.sampler.stop = &stop;
  watch.history.interval = settings.interval;
  return watch;
}

}  // namespace

struct Monitor::Impl {
  // Constant after construction
  const MonitorSettings settings;
  const Clock& clock;
  const Local local;

  // Own synchronisation
  std::atomic<bool> stopping{false};
  std::atomic<bool> reports{false};
  mutable Mutex mutex;
  CondVar wake;
  std::shared_ptr<const GroupLag> latest LOOM_GUARDED_BY(mutex);
  std::shared_ptr<const WaitingDeadLetters> waiting LOOM_GUARDED_BY(mutex);

  // The thread's own
  GroupWatch watch;
  std::optional<Lease> lease;
  WaitingCounter waiting_counter;
  std::chrono::steady_clock::time_point lease_not_before;
  bool warned = false;
  std::string not_set_up;

  std::thread thread;

  Impl(MonitorSettings all, const Clock& clock_in, Local local_in)
      : settings(std::move(all)),
        clock(clock_in),
        local(std::move(local_in)),
        watch(watch_settings(settings, stopping), clock),
        waiting_counter(settings.group, clock) {
    auto empty = std::make_shared<GroupLag>();
    empty->group = settings.group;
    latest = std::move(empty);
    if (!settings.database_url.empty()) {
      lease.emplace(settings.database_url, settings.group, settings.reporter, settings.lease);
    }
    thread = std::thread([this] { run(); });
  }

  void request_stop() {
    const MutexLock lock(mutex);
    stopping = true;
    wake.notify_all();
  }

  void run() {
    pthread_setname_np(pthread_self(), "lag");
    while (!stopping.load()) {
      const auto next = std::chrono::steady_clock::now() + settings.interval;
      try {
        look();
      } catch (const std::exception& error) {
        log::error({}, "the lag of group {} cannot be sampled: {}", settings.group, error.what());
      }
      MutexLock lock(mutex);
      wake.wait_until(lock, next, [this] { return stopping.load(); });
    }
    if (lease && reports.load()) lease->release();
    reports = false;
  }

  void look() {
    auto lag = std::make_shared<GroupLag>(watch.sample(local));
    if (stopping.load()) return;
    if (!not_set_up.empty()) lag->notes.push_back(not_set_up);
    {
      const MutexLock lock(mutex);
      latest = std::move(lag);
    }
    // Only then the lease, so that who reports has something to report.
    if (lease && watch.database_answered()) {
      hold(watch.kafka_answered());
      count_waiting();
    }
  }

  void count_waiting() {
    sink::Connection* const connection = lease->connection();
    if (stopping.load() || connection == nullptr) return;
    auto counted = waiting_counter.look(*connection);
    if (counted == nullptr) return;
    const MutexLock lock(mutex);
    waiting = std::move(counted);
  }

  /// Who cannot sample does not renew, so that a replica that can takes over; but it goes on until then: lag that is
  /// some seconds old is better than none.
  void hold(bool sampled) {
    if (std::chrono::steady_clock::now() < lease_not_before) return;
    switch (sampled ? lease->renew() : lease->look()) {
      case Lease::Answer::ours:
        not_set_up.clear();
        if (sampled) reports = true;
        return;
      case Lease::Answer::not_ours:
        not_set_up.clear();
        reports = false;
        return;
      case Lease::Answer::none:
        return;
      case Lease::Answer::not_set_up:
        reports = false;
        not_set_up = "no replica reports the lag as metrics: " + lease->why();
        lease_not_before = std::chrono::steady_clock::now() + kNotSetUpPause;
        if (!std::exchange(warned, true)) log::warn({}, "{} (is migration 003 applied?)", not_set_up);
        return;
    }
  }
};

Monitor::Monitor(MonitorSettings settings, const Clock& clock, Local local)
    : impl_(std::make_unique<Impl>(std::move(settings), clock, std::move(local))) {}

Monitor::~Monitor() {
  impl_->request_stop();
  impl_->thread.join();
}

void Monitor::request_stop() { impl_->request_stop(); }

std::shared_ptr<const GroupLag> Monitor::latest() const {
  const MutexLock lock(impl_->mutex);
  return impl_->latest;
}

std::shared_ptr<const WaitingDeadLetters> Monitor::waiting_dead_letters() const {
  const MutexLock lock(impl_->mutex);
  return impl_->waiting;
}

bool Monitor::reports() const { return impl_->reports.load(); }

}  // namespace loom::lag
