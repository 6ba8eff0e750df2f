#include "lag/look.h"

#include <thread>

#include "base/clock.h"
#include "lag/group_watch.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;

GroupWatchSettings watch_settings(const LookOptions& options, std::chrono::milliseconds interval) {
  GroupWatchSettings watch;
  watch.sampler.bootstrap_servers = options.bootstrap_servers;
  watch.sampler.rdkafka = options.rdkafka;
  watch.sampler.group = options.group;
  watch.sampler.database_url = options.database_url;
  watch.sampler.ask_for_topics = true;
  watch.sampler.is_ours = options.is_ours;
  watch.history.interval = interval;
  watch.history.judge_at_once = true;
  // Somebody waits for the answer, and there is no next turn for what is left out.
  watch.look_ups = 1000;
  watch.look_ups_within = 5s;
  return watch;
}

GroupLag first_look(GroupWatch& watch) {
  GroupLag lag = watch.sample({});
  if (!watch.kafka_answered()) throw admin::KafkaError(watch.kafka_error());
  return lag;
}

}  // namespace

GroupLag read_lag(const LookOptions& options) {
  const SystemClock clock;
  GroupWatch watch(watch_settings(options, 2s), clock);
  return first_look(watch);
}

void watch_lag(const LookOptions& options, std::chrono::milliseconds interval, const std::atomic<bool>& stop,
               const std::function<void(const GroupLag&)>& show) {
  const SystemClock clock;
  GroupWatch watch(watch_settings(options, interval), clock);
  auto next = std::chrono::steady_clock::now() + interval;
  show(first_look(watch));
  while (!stop.load()) {
    while (!stop.load() && std::chrono::steady_clock::now() < next) std::this_thread::sleep_for(50ms);
    if (stop.load()) return;
    next = std::chrono::steady_clock::now() + interval;
    show(watch.sample({}));
  }
}

}  // namespace loom::lag
