#include "lag/history.h"

#include <algorithm>

namespace loom::lag {
namespace {

constexpr std::size_t kEnoughToJudge = 3;
constexpr int kForgetAfter = 5;
/// Samples that lie further apart say nothing of each other: nobody looked, or Kafka was away.
constexpr int kGapIntervals = 5;
constexpr auto kGapAtLeast = std::chrono::seconds(5);

double seconds_between(TimePoint from, TimePoint to) { return std::chrono::duration<double>(to - from).count(); }

/// Without an offset the group begins at the first message that is there.
std::optional<std::int64_t> lag_of(const PartitionReading& known) {
  if (!known.end) return std::nullopt;
  return std::max<std::int64_t>(0, *known.end - known.committed.value_or(known.begin.value_or(0)));
}

}  // namespace

History::History(Settings settings) : settings_(settings) {}

void History::add(const Reading& reading, TimePoint now, std::int64_t wall_ms) {
  for (const auto& [key, said] : reading.partitions) {
    Partition& partition = partitions_[key];
    if (said.gone) continue;
    partition.absent = 0;
    take(partition, said, reading);
    // A sample is a log's end together with the position that belongs to it.
    const bool position_known = partition.known.committed.has_value() || reading.complete();
    if (said.end && position_known) sample(partition, now, wall_ms, said.assigned);
  }
  forget_what_is_gone(reading);
}

void History::take(Partition& partition, const PartitionReading& said, const Reading& reading) const {
  PartitionReading& known = partition.known;
  if (said.committed) {
    // Without the database there is only Kafka's copy, which is older: no reason to go back.
    const bool copy = !reading.database_answered && known.origin == OffsetOrigin::database &&
                      said.origin == OffsetOrigin::kafka && known.committed;
    if (!copy || *said.committed > *known.committed) {
      known.committed = said.committed;
      known.last_timestamp_ms = said.last_timestamp_ms;
      if (!copy) known.origin = said.origin;
    }
  } else if (reading.complete()) {
    known.committed.reset();
    known.origin = OffsetOrigin::none;
  }
  known.first_unstored_ms = said.committed == known.committed ? said.first_unstored_ms : -1;
  // A log whose end went back is another one.
  if (said.end && known.end && *said.end < *known.end) partition.samples.clear();
  if (said.begin) known.begin = said.begin;
  if (said.end) known.end = said.end;
  if (said.assigned) known.assigned = said.assigned;
}

void History::sample(Partition& partition, TimePoint now, std::int64_t wall_ms, std::optional<bool> assigned) const {
  auto& samples = partition.samples;
  const Duration gap = std::max<Duration>(settings_.interval * kGapIntervals, kGapAtLeast);
  if (!samples.empty() && now - samples.back().at > gap) samples.clear();
  const PartitionReading& known = partition.known;
  samples.push_back({now, wall_ms, known.committed, *known.end, *lag_of(known), assigned});
  if (samples.size() > settings_.window) samples.pop_front();
  // After a gap, what was said before it holds until there is enough to judge anew.
  const State state = state_of(partition);
  if (state != State::unknown || partition.state == State::unknown) partition.state = state;
}

void History::forget_what_is_gone(const Reading& reading) {
  if (!reading.complete()) return;
  for (auto it = partitions_.begin(); it != partitions_.end();) {
    const auto said = reading.partitions.find(it->first);
    const bool listed = said != reading.partitions.end();
    if (listed && !said->second.gone) {
      ++it;
      continue;
    }
    Partition& partition = it->second;
    const bool never_there = !partition.known.end;
    if (++partition.absent < kForgetAfter && !never_there) {
      ++it;
    } else if (!listed) {
      it = partitions_.erase(it);
    } else {
      // Its offset is still stored, so it is still shown.
      partition.samples.clear();
      partition.state = State::unknown;
      partition.known = said->second;
      ++it;
    }
  }
}

State History::state_of(const Partition& partition) const {
  const auto& samples = partition.samples;
  const Sample& last = samples.back();
  if (samples.size() < kEnoughToJudge) {
    if (last.lag == 0) return State::ok;
    if (settings_.judge_at_once && last.assigned == false) return State::stop;
    return State::unknown;
  }
  const auto went_back = [](const Sample& a, const Sample& b) { return b.committed < a.committed; };
  const auto still = [&](auto first) {
    return std::all_of(first, samples.end(),
                       [&](const Sample& one) { return one.lag > 0 && one.committed == last.committed; });
  };
  if (std::adjacent_find(samples.begin(), samples.end(), went_back) != samples.end()) return State::rewind;
  // Not on a single sample: while a rebalance ends, nobody owns what will have an owner in a moment. And a consumer
  // that assigns itself its partitions owns nothing in the eyes of the group, but moves.
  const auto recent = samples.end() - static_cast<std::ptrdiff_t>(kEnoughToJudge);
  const bool unowned =
      std::all_of(recent, samples.end(), [](const Sample& one) { return one.assigned == false && one.lag > 0; });
  if (unowned && still(recent)) return State::stop;
  if (samples.size() < settings_.window) return State::ok;
  if (std::any_of(samples.begin(), samples.end(), [](const Sample& one) { return one.lag == 0; })) return State::ok;
  if (still(samples.begin())) return State::stall;
  return only_grew(samples) ? State::warn : State::ok;
}

/// Whether the lag lies higher in each quarter of the window than ever in the one before: batches let it go up and down
/// all the time, so sample by sample says nothing. What the group does in a second is under way, not behind.
bool History::only_grew(const std::deque<Sample>& samples) const {
  const std::size_t quarter = std::max<std::size_t>(1, samples.size() / 4);
  std::int64_t highest = -1;
  for (std::size_t begin = 0; begin + quarter <= samples.size(); begin += quarter) {
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto [low, high] = std::minmax_element(first, first + static_cast<std::ptrdiff_t>(quarter),
                                                 [](const Sample& a, const Sample& b) { return a.lag < b.lag; });
    if (low->lag <= highest) return false;
    highest = high->lag;
  }
  PartitionLag rates;
  add_rates(samples, rates);
  return static_cast<double>(samples.back().lag) > rates.consumed_per_second;
}

void History::add_rates(const std::deque<Sample>& samples, PartitionLag& lag) {
  if (samples.size() < 2) return;
  const double seconds = seconds_between(samples.front().at, samples.back().at);
  if (seconds <= 0) return;
  std::int64_t consumed = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const auto& before = samples[i - 1].committed;
    const auto& after = samples[i].committed;
    if (before && after) consumed += std::max<std::int64_t>(0, *after - *before);
  }
  lag.consumed_per_second = static_cast<double>(consumed) / seconds;
  lag.produced_per_second =
      static_cast<double>(std::max<std::int64_t>(0, samples.back().end - samples.front().end)) / seconds;
}

GroupLag History::report() const {
  GroupLag group;
  for (const auto& [key, partition] : partitions_) {
    const PartitionReading& known = partition.known;
    PartitionLag lag;
    lag.topic = key.first;
    lag.partition = key.second;
    lag.committed = known.committed;
    lag.begin = known.begin;
    lag.end = known.end;
    lag.lag = lag_of(known);
    if (lag.lag && known.begin) {
      const std::int64_t held = *known.end - *known.begin;
      lag.retention_ratio = held > 0 ? std::min(1.0, static_cast<double>(*lag.lag) / static_cast<double>(held)) : 0;
    }
    lag.assigned = known.assigned;
    lag.state = partition.state;
    lag.origin = known.origin;
    add_rates(partition.samples, lag);
    if (!partition.samples.empty()) {
      const double window = seconds_between(partition.samples.front().at, partition.samples.back().at);
      group.window_seconds = std::max(group.window_seconds, window);
    }
    group.partitions.push_back(std::move(lag));
  }
  return group;
}

std::vector<Waiting> History::waiting() const {
  std::vector<Waiting> all;
  for (const auto& [key, partition] : partitions_) {
    const PartitionReading& known = partition.known;
    if (lag_of(known).value_or(0) == 0) continue;
    Waiting one;
    one.where = key;
    one.offset = known.committed.value_or(known.begin.value_or(0));
    one.timestamp_ms = known.first_unstored_ms;
    one.at_least_ms = known.last_timestamp_ms;
    // It came after the last sample in which the log ended at or before it.
    for (const Sample& sample : partition.samples) {
      if (sample.end <= one.offset) one.at_least_ms = std::max(one.at_least_ms, sample.wall_ms);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace loom::lag
