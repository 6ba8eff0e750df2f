#include "status/rates.h"

#include <algorithm>
#include <chrono>

#include "status/counter_value.h"

namespace loom::status {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kTooSoon = milliseconds(250);  // a rate over less would be mostly noise
constexpr auto kMinute = seconds(60);
constexpr std::int64_t kHistoryUs = std::int64_t{5} * 60 * 1'000'000;
constexpr std::size_t kHistoryMost = 600;  // looks twice a second, at most

double per_second(std::uint64_t from, std::uint64_t to, Duration time) {
  const double elapsed = std::chrono::duration<double>(time).count();
  return elapsed <= 0 || to < from ? 0 : static_cast<double>(to - from) / elapsed;
}

}  // namespace

void Rates::Series::add(const Look& look) {
  looks_.push_back(look);
  // The oldest one that is kept is the last at least a minute ago.
  while (looks_.size() > 2 && look.when - looks_[1].when >= kMinute) looks_.pop_front();
}

Rate Rates::Series::rate(std::uint64_t Look::*count) const {
  if (looks_.size() < 2) return {};
  const Look& last = looks_.back();
  const auto since = [&last, count](const Look& from) {
    return per_second(from.*count, last.*count, last.when - from.when);
  };
  return {since(looks_[looks_.size() - 2]), since(looks_.front())};
}

Rates::Look Rates::look_at(TimePoint now, const pipeline::TopicCounters& counters) {
  return {.when = now,
          .messages = value(counters.messages),
          .rows = value(counters.rows),
          .stored = value(counters.stored_messages),
          .dead_letters = counters.all_dead_letters(),
          .retries = value(counters.retried_batches)};
}

void Rates::add(Look& sum, const Look& look) {
  sum.messages += look.messages;
  sum.rows += look.rows;
  sum.stored += look.stored;
  sum.dead_letters += look.dead_letters;
  sum.retries += look.retries;
}

Window Rates::between(const Look& from, const Look& to) {
  // The counts of one look are read one after the other, and some of them may be a little younger than the others.
  const auto more = [&](std::uint64_t Look::*count) { return to.*count - std::min(from.*count, to.*count); };
  return {.seconds = std::chrono::duration<double>(to.when - from.when).count(),
          .messages = more(&Look::messages),
          .stored = more(&Look::stored),
          .rows = more(&Look::rows),
          .dead_letters = more(&Look::dead_letters),
          .retries = more(&Look::retries)};
}

void Rates::sample(TimePoint now, std::int64_t wall_us, const pipeline::Counters& counters, std::int64_t lag) {
  const auto counted = counters.topics();
  const MutexLock lock(mutex_);
  if (any_ && now - all_.last() < kTooSoon) return;
  Look sum{.when = now};
  for (const auto& [topic, of_topic] : counted) {
    const Look look = look_at(now, *of_topic);
    const auto [found, is_new] = topics_.try_emplace(topic);
    // Its counters were 0 when it was not there yet.
    if (is_new && any_) found->second.add({.when = all_.last()});
    found->second.add(look);
    add(sum, look);
  }
  all_.add(sum);
  std::erase_if(topics_, [now](const auto& topic) { return topic.second.last() != now; });
  any_ = true;
  history_.push_back({wall_us, all_.rate(&Look::messages).last_second, all_.rate(&Look::rows).last_second, lag});
  while (history_.size() > kHistoryMost || wall_us - history_.front().wall_us >= kHistoryUs) history_.pop_front();
}

Window Rates::minute(TimePoint now, const std::string& topic, const pipeline::TopicCounters& counters) const {
  const Look to = look_at(now, counters);
  const MutexLock lock(mutex_);
  const auto found = topics_.find(topic);
  if (found != topics_.end()) return between(found->second.first(), to);
  return any_ ? between({.when = all_.first().when}, to) : Window{};  // it appeared since the last look
}

Window Rates::minute(TimePoint now, const pipeline::Counters& counters) const {
  Look to{.when = now};
  for (const auto& [topic, of_topic] : counters.topics()) add(to, look_at(now, *of_topic));
  const MutexLock lock(mutex_);
  return any_ ? between(all_.first(), to) : Window{};
}

Rate Rates::of_topic(const std::string& topic, std::uint64_t Look::*count) const {
  const MutexLock lock(mutex_);
  const auto found = topics_.find(topic);
  return found == topics_.end() ? Rate{} : found->second.rate(count);
}

Rate Rates::messages(const std::string& topic) const { return of_topic(topic, &Look::messages); }
Rate Rates::rows(const std::string& topic) const { return of_topic(topic, &Look::rows); }

Rate Rates::messages() const {
  const MutexLock lock(mutex_);
  return all_.rate(&Look::messages);
}

Rate Rates::rows() const {
  const MutexLock lock(mutex_);
  return all_.rate(&Look::rows);
}

std::vector<HistoryPoint> Rates::history() const {
  const MutexLock lock(mutex_);
  return {history_.begin(), history_.end()};
}

}  // namespace loom::status
