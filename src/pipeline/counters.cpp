#include "pipeline/counters.h"

#include <utility>

namespace loom::pipeline {

std::uint64_t TopicCounters::all_dead_letters() const {
  std::uint64_t sum = 0;
  for (const auto& count : dead_letters) sum += count.load(std::memory_order_relaxed);
  return sum;
}

std::vector<DeadLetterExample> TopicCounters::examples() const {
  std::vector<DeadLetterExample> found;
  const MutexLock lock(mutex_);
  for (const auto& example : examples_) {
    if (example) found.push_back(*example);
  }
  return found;
}

void TopicCounters::remember(DeadLetterExample example) {
  const MutexLock lock(mutex_);
  examples_[static_cast<std::size_t>(example.reason)] = std::move(example);
}

// A decade in three or four steps each, over what was seen from one small batch to the largest that fits.
Counters::Counters()
    : batch_rows{1, 10, 50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000, 100'000},
      batch_bytes{1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8},
      decode_seconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3},
      queue_seconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10},
      copy_seconds{0.001, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60},
      commit_seconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10},
      end_to_end_seconds{0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4,   0.5,   0.6,    0.8,   1,
                         2,    5,     10,   30,  60,  300, 1'800, 3'600, 21'600, 86'400} {}

TopicCounters& Counters::of(const std::string& topic) {
  const MutexLock lock(mutex_);
  auto& found = topics_[topic];
  if (found == nullptr) found = std::make_unique<TopicCounters>();
  return *found;
}

std::vector<std::pair<std::string, const TopicCounters*>> Counters::topics() const {
  std::vector<std::pair<std::string, const TopicCounters*>> all;
  const MutexLock lock(mutex_);
  all.reserve(topics_.size());
  for (const auto& [topic, counters] : topics_) all.emplace_back(topic, counters.get());
  return all;
}

std::uint64_t Counters::total(std::atomic<std::uint64_t> TopicCounters::*counter) const {
  std::uint64_t sum = 0;
  const MutexLock lock(mutex_);
  for (const auto& [topic, counters] : topics_) sum += (counters.get()->*counter).load(std::memory_order_relaxed);
  return sum;
}

void Counters::count_retry(batch::Cause cause, const std::string& sqlstate) {
  const MutexLock lock(mutex_);
  ++retries_[{cause, sqlstate}];
}

Counters::Retries Counters::retries() const {
  const MutexLock lock(mutex_);
  return retries_;
}

}  // namespace loom::pipeline
