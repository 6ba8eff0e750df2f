#include "lag/record_times.h"

#include <algorithm>

namespace loom::lag {

using admin::RecordAt;

bool RecordTimes::wants_look_up(const Waiting& one) const {
  if (one.timestamp_ms >= 0) return false;
  const auto known = known_.find(one.where);
  return known == known_.end() || known->second.offset != one.offset || known->second.nothing_there;
}

void RecordTimes::look_up(const std::vector<Waiting>& waiting) {
  std::vector<const Waiting*> wanted;
  for (const Waiting& one : waiting) {
    if (wants_look_up(one)) wanted.push_back(&one);
  }
  if (wanted.size() > at_most_) {
    const auto next =
        std::find_if(wanted.begin(), wanted.end(), [&](const Waiting* one) { return one->where > last_turn_; });
    std::rotate(wanted.begin(), next, wanted.end());
    wanted.resize(at_most_);
  }
  if (wanted.empty()) return;
  last_turn_ = wanted.back()->where;
  std::vector<admin::TopicPartitionOffset> places;
  places.reserve(wanted.size());
  for (const Waiting* one : wanted) places.push_back({one->where.first, one->where.second, one->offset});
  const std::vector<RecordAt> found = read_(places);
  for (std::size_t i = 0; i < wanted.size() && i < found.size(); ++i) {
    if (found[i].answer == RecordAt::Answer::none) continue;
    known_[wanted[i]->where] = {wanted[i]->offset, found[i].timestamp_ms, found[i].answer == RecordAt::Answer::end};
  }
}

std::vector<std::optional<double>> RecordTimes::ages(const std::vector<Waiting>& waiting, std::int64_t wall_ms) {
  look_up(waiting);
  std::vector<std::optional<double>> ages;
  std::map<PartitionKey, Known> kept;
  for (const Waiting& one : waiting) {
    std::int64_t timestamp_ms = one.timestamp_ms;
    if (timestamp_ms >= 0) {
      kept[one.where] = {one.offset, timestamp_ms, false};
    } else if (const auto known = known_.find(one.where); known != known_.end()) {
      const Known& at = known->second;
      kept[one.where] = at;
      if (at.offset == one.offset && at.nothing_there) {
        ages.emplace_back(0.0);
        continue;
      }
      if (at.offset == one.offset) timestamp_ms = at.timestamp_ms;
      if (at.offset < one.offset) timestamp_ms = std::max(at.timestamp_ms, one.at_least_ms);
    }
    if (timestamp_ms < 0) timestamp_ms = one.at_least_ms;
    if (timestamp_ms < 0) {
      ages.emplace_back();
    } else {
      ages.emplace_back(std::max(0.0, static_cast<double>(wall_ms - timestamp_ms) / 1000.0));
    }
  }
  known_ = std::move(kept);
  return ages;
}

}  // namespace loom::lag
