#include "lag/lag.h"

#include <algorithm>

namespace loom::lag {
namespace {

std::optional<double> catch_up(std::int64_t lag, double drain_rate) {
  if (lag <= 0) return 0;
  if (drain_rate <= 0) return std::nullopt;
  return static_cast<double>(lag) / drain_rate;
}

}  // namespace

int severity(State state) {
  switch (state) {
    case State::ok:
      return 0;
    case State::unknown:
      return 1;
    case State::warn:
      return 2;
    case State::rewind:
      return 3;
    case State::stall:
      return 4;
    case State::stop:
      return 5;
  }
  return 0;
}

std::string_view to_string(State state) {
  switch (state) {
    case State::unknown:
      return "unknown";
    case State::ok:
      return "ok";
    case State::warn:
      return "warn";
    case State::stall:
      return "stall";
    case State::stop:
      return "stop";
    case State::rewind:
      return "rewind";
  }
  return "unknown";
}

std::string_view to_string(OffsetOrigin origin) {
  switch (origin) {
    case OffsetOrigin::none:
      return "none";
    case OffsetOrigin::kafka:
      return "kafka";
    case OffsetOrigin::database:
      return "database";
  }
  return "none";
}

std::optional<double> PartitionLag::catch_up_seconds() const {
  if (!lag) return std::nullopt;
  return catch_up(*lag, drain_rate());
}

std::int64_t GroupLag::total() const {
  std::int64_t sum = 0;
  for (const PartitionLag& partition : partitions) sum += partition.lag.value_or(0);
  return sum;
}

double GroupLag::seconds() const {
  double most = 0;
  for (const PartitionLag& partition : partitions) most = std::max(most, partition.seconds.value_or(0));
  return most;
}

double GroupLag::drain_rate() const {
  double sum = 0;
  for (const PartitionLag& partition : partitions) sum += partition.drain_rate();
  return sum;
}

std::optional<double> GroupLag::catch_up_seconds() const {
  const bool stuck = std::any_of(partitions.begin(), partitions.end(), [](const PartitionLag& partition) {
    return partition.state == State::stall || partition.state == State::stop;
  });
  if (stuck) return std::nullopt;
  return catch_up(total(), drain_rate());
}

State GroupLag::worst() const {
  std::optional<State> worst;
  for (const PartitionLag& partition : partitions) {
    if (!partition.lag) continue;  // of a topic that is gone
    if (!worst || severity(partition.state) > severity(*worst)) worst = partition.state;
  }
  return worst.value_or(State::unknown);
}

std::map<std::string, GroupLag> GroupLag::by_topic() const {
  std::map<std::string, GroupLag> topics;
  for (const PartitionLag& partition : partitions) {
    GroupLag& topic = topics[partition.topic];
    if (topic.partitions.empty()) {
      topic.group = group;
      topic.sampled_us = sampled_us;
      topic.window_seconds = window_seconds;
    }
    topic.partitions.push_back(partition);
  }
  return topics;
}

}  // namespace loom::lag
