#include "lag/group_watch.h"

#include <utility>

namespace loom::lag {

GroupWatch::GroupWatch(GroupWatchSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      sampler_(settings_.sampler),
      history_(settings_.history),
      times_(
          [this](const auto& places) {
            // With a broker away, only the others' time would pass.
            if (!kafka_answered_) return std::vector<admin::RecordAt>{};
            return sampler_.records(places, settings_.look_ups_within);
          },
          settings_.look_ups) {}

GroupLag GroupWatch::sample(const LocalPositions& local) {
  const std::int64_t asked_ms = clock_.wall_us() / 1000;
  const Reading reading = sampler_.read(local);
  kafka_answered_ = reading.kafka_answered;
  database_answered_ = reading.database_answered;
  kafka_error_ = reading.kafka_error;
  if (kafka_answered_) answered_us_ = clock_.wall_us();
  history_.add(reading, clock_.now(), asked_ms);

  GroupLag lag = history_.report();
  lag.group = settings_.sampler.group;
  lag.sampled_us = answered_us_;
  const std::vector<Waiting> waiting = history_.waiting();
  const auto ages = times_.ages(waiting, clock_.wall_us() / 1000);
  lag.notes = reading.notes;
  std::size_t next = 0;  // both are in the order of the partitions
  for (PartitionLag& partition : lag.partitions) {
    if (next < waiting.size() && waiting[next].where == PartitionKey{partition.topic, partition.partition}) {
      partition.seconds = ages[next++];
    } else if (partition.lag) {
      partition.seconds = 0;
    }
  }
  return lag;
}

}  // namespace loom::lag
