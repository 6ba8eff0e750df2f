#include "sdk/stage/processor.h"

#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "sdk/stage/dead_letters.h"

namespace loom::kafka::stage {
namespace {

using Steady = std::chrono::steady_clock;

/// A message at hand, for a scope: also when its work throws what no retry is for.
class AtHand {
 public:
  explicit AtHand(Stop& stop) : stop_(stop) { stop_.busy(true); }
  ~AtHand() { stop_.busy(false); }
  AtHand(const AtHand&) = delete;
  AtHand& operator=(const AtHand&) = delete;

 private:
  Stop& stop_;
};

log::About about(const Record& record) {
  return {.topic = record.topic, .partition = record.partition, .offset = record.offset};
}

}  // namespace

std::optional<std::vector<Output>> Processor::process(const Record& record, const std::string& group,
                                                      Duration patience) {
  const AtHand at_hand(stop_);
  const TimePoint start = Steady::now();
  const Result result = attempt(record, group, start + patience);
  if (result == Result::take_again) return std::nullopt;
  tally_.processed(Steady::now() - start, result == Result::at_a_later_try);
  return std::exchange(growing_, {});
}

Processor::Result Processor::attempt(const Record& record, const std::string& group, TimePoint until) {
  Backoff backoff(settings_.retry_first, settings_.retry_cap, static_cast<std::uint64_t>(record.offset));
  Result when_it_works = Result::processed;
  std::string error;
  for (int tries = 0; tries <= settings_.retries;) {
    growing_.clear();
    try {
      work_(record);
      return when_it_works;
    } catch (const TryLater& away) {
      log::warn(about(record), "waits: {}", away.what());
      when_it_works = Result::at_a_later_try;
      if (Steady::now() > until || !stop_.wait(backoff.next())) return Result::take_again;
      continue;
    } catch (const std::exception& problem) {
      error = problem.what();
    }
    when_it_works = Result::at_a_later_try;
    ++tries;
    log::warn(about(record), "try {} of {} failed: {}", tries, settings_.retries + 1, error);
    if (tries <= settings_.retries && !stop_.wait(backoff.next())) return Result::take_again;
  }
  become_dead_letter(record, group, error);
  return Result::at_a_later_try;
}

void Processor::become_dead_letter(const Record& record, const std::string& group, const std::string& why) {
  log::error(about(record), "became a dead letter: {}", why);
  growing_.clear();
  growing_.push_back(
      dead_letter_of(record, record.topic + settings_.dead_letter_suffix, group, "processing_failed", why));
}

}  // namespace loom::kafka::stage
