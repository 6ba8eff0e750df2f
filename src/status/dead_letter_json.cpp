#include "status/dead_letter_json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "status/counter_value.h"

namespace loom::status {
namespace {

constexpr std::size_t kExamplesMost = 50;  // dead letters in /status: the last of each topic and reason, newest first

using DeadLetterCounts = std::array<std::uint64_t, kRejectReasons>;

void add(DeadLetterCounts& sums, const pipeline::TopicCounters& counters) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += value(counters.dead_letters[i]);
}

Json by_reason(const DeadLetterCounts& counts) {
  Json all = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) all[std::string(to_string(static_cast<RejectReason>(i)))] = counts[i];
  }
  return all;
}

Json waiting_reasons(const std::map<std::string, lag::WaitingKind>& reasons) {
  Json all = Json::object();
  for (const auto& [reason, kind] : reasons) all[reason] = kind.count;
  return all;
}

struct Example {
  std::string topic;
  std::string reason;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string message;
  std::string trace_id;
  std::int64_t wall_us = 0;
};

/// The last of each topic and reason since the start; for one that had none, one of those that wait.
std::vector<Example> examples_of(const Snapshot& snapshot) {
  std::vector<Example> found;
  std::set<std::pair<std::string, std::string>> known;
  for (const auto& [topic, of_topic] : snapshot.counters->topics()) {
    for (pipeline::DeadLetterExample& one : of_topic->examples()) {
      const std::string reason(to_string(one.reason));
      known.emplace(topic, reason);
      found.push_back(
          {topic, reason, one.partition, one.offset, std::move(one.message), std::move(one.trace_id), one.wall_us});
    }
  }
  if (snapshot.waiting_dead_letters == nullptr) return found;
  for (const auto& [topic, reasons] : snapshot.waiting_dead_letters->topics) {
    for (const auto& [reason, one] : reasons) {
      if (one.created_us == 0 || known.contains({topic, reason})) continue;
      found.push_back({topic, reason, one.partition, one.offset, one.message, one.trace_id, one.created_us});
    }
  }
  return found;
}

/// The newest first; but when there are too many, the newest of each reason comes before a second one of any.
std::vector<Example> shown_examples(const Snapshot& snapshot) {
  std::vector<Example> all = examples_of(snapshot);
  const auto newer = [](const Example& a, const Example& b) { return a.wall_us > b.wall_us; };
  std::stable_sort(all.begin(), all.end(), newer);
  if (all.size() <= kExamplesMost) return all;
  std::set<std::string> reasons;
  std::stable_partition(all.begin(), all.end(), [&](const Example& one) { return reasons.insert(one.reason).second; });
  all.resize(kExamplesMost);
  std::stable_sort(all.begin(), all.end(), newer);
  return all;
}

Json examples(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const Example& example : shown_examples(snapshot)) {
    all.push_back({{"topic", example.topic},
                   {"partition", example.partition},
                   {"offset", example.offset},
                   {"reason", example.reason},
                   {"message", example.message},
                   {"trace_id", text_or_null(example.trace_id)},
                   {"time", instant_or_null(example.wall_us)}});
  }
  return all;
}

Json waiting(const Snapshot& snapshot) {
  if (snapshot.waiting_dead_letters == nullptr) return nullptr;
  const lag::WaitingDeadLetters& now = *snapshot.waiting_dead_letters;
  std::map<std::string, std::uint64_t> sums;
  for (const auto& [topic, reasons] : now.topics) {
    for (const auto& [reason, kind] : reasons) sums[reason] += kind.count;
  }
  return {{"total", now.total()},
          {"at_least", now.at_least()},
          {"by_reason", sums},
          {"sampled_at", instant_or_null(now.sampled_us)}};
}

}  // namespace

Json dead_letters_by_reason(const pipeline::TopicCounters& counters) {
  DeadLetterCounts counts{};
  add(counts, counters);
  return by_reason(counts);
}

Json waiting_dead_letters(const Snapshot& snapshot, const std::string& topic) {
  using lag::WaitingDeadLetters;
  if (snapshot.waiting_dead_letters == nullptr) return nullptr;
  const auto& topics = snapshot.waiting_dead_letters->topics;
  const auto found = topics.find(topic);
  if (found == topics.end()) {
    return snapshot.waiting_dead_letters->all_counted
               ? Json({{"total", 0}, {"at_least", false}, {"by_reason", Json::object()}})
               : Json(nullptr);
  }
  const std::uint64_t total = WaitingDeadLetters::total(found->second);
  return {{"total", total},
          {"at_least", total >= WaitingDeadLetters::kTopicMost || !snapshot.waiting_dead_letters->all_counted},
          {"by_reason", waiting_reasons(found->second)}};
}

Json dead_letters(const Snapshot& snapshot) {
  DeadLetterCounts sums{};
  std::uint64_t total = 0;
  for (const auto& [topic, of_topic] : snapshot.counters->topics()) add(sums, *of_topic);
  for (const std::uint64_t count : sums) total += count;
  return {{"total", total},
          {"by_reason", by_reason(sums)},
          {"waiting", waiting(snapshot)},
          {"examples", examples(snapshot)}};
}

}  // namespace loom::status
