#include "pipeline/partition_reader.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/plural.h"

namespace loom::pipeline {

namespace {

using std::chrono::seconds;

/// A broker that has just come back may not know the whole of its log yet.
constexpr int kLooksBeyondEnd = 3;
constexpr seconds kBetweenLooks{1};
constexpr std::chrono::milliseconds kBetweenSeeks{200};

}  // namespace

PartitionReader::PartitionReader(std::unique_ptr<source::PartitionSource> source, PartitionLedger ledger,
                                 std::string decision)
    : source_(std::move(source)), ledger_(std::move(ledger)), decision_(std::move(decision)) {}

// ---- Positions

/// The source goes on at the ledger's next offset, or before it, where that takes a proof.
void PartitionReader::fetch_next(bool second_look) {
  inspection_.reset();
  looks_at_first_ = doubted_ = false;
  empty_ = false;
  came_at_.reset();
  ledger_.placed(second_look);
  go_to(ledger_.position(), ledger_.position_epoch());
}

/// False: not yet.
bool PartitionReader::seek(const Clock& clock) {
  if (clock.now() < seek_after_) return false;
  if (!source_->seek(*seek_to_, seek_epoch_)) {
    seek_after_ = clock.now() + kBetweenSeeks;
    return false;
  }
  seek_to_.reset();
  return true;
}

void PartitionReader::take_again(const batch::OffsetRange& range) {
  ledger_.rewind(range.from, range.epoch);
  new_start_.reset();  // it is found again
  fetch_next();
}

void PartitionReader::go_back(const batch::StoredOffset& to) {
  log::warn({.topic = source_->topic(), .partition = to.partition},
            "the database stands at offset {} (epoch {}), not at {}: going on from there", to.next_offset, to.epoch,
            ledger_.stored());
  ledger_.rewind_to(to);
  fetch_next();
  new_start_.reset();
  parted_at_.reset();
  decision_ = to.decision;
  beyond_end_ = 0;
}

// ---- Reading

Reading PartitionReader::read(const Clock& clock, const LogPolicies& policies, Silence& silence) {
  if (doubted_) fetch_next();
  if (seek_to_ && !seek(clock)) return Step::not_yet;
  source::Taken next = source_->take();
  if (auto* const message = std::get_if<Message>(&next)) {
    if (follows_silence(clock, silence)) return doubt("nothing of the topic came for a while");
    return check(std::move(*message), policies);
  }
  if (const auto* const end = std::get_if<source::EndOfPartition>(&next))
    return reach_end(end->position, clock, policies);
  if (const auto* const range = std::get_if<source::OffsetOutOfRange>(&next)) {
    return out_of_range(*range, clock, policies);
  }
  if (const auto* const doubtful = std::get_if<source::LogInDoubt>(&next)) {
    return doubt(doubtful->why);
  }
  empty_ = true;
  came_at_.reset();  // what was said to be waiting was no message: an end, an event
  return Step::nothing;
}

/// A topic that is deleted and made again while it is read is out of reach for a moment, and nothing else tells.
bool PartitionReader::follows_silence(const Clock& clock, Silence& silence) {
  if (empty_) silence.note_came(came_at_.value_or(clock.now()));
  empty_ = false;
  came_at_.reset();
  const bool unseen = silences_seen_ != silence.ended();
  silences_seen_ = silence.ended();
  return unseen && !inspecting() && ledger_.believes() && !ledger_.has_growth();
}

/// What comes next may be of another log. What was taken goes out first: with it all of it is remembered.
Reading PartitionReader::doubt(const std::string& why) {
  log::debug({.topic = source_->topic(), .partition = partition()}, "{}: is it still the same log?", why);
  doubted_ = true;
  return Step::doubted;
}

/// The message, where it follows what was taken. Else what it is, and what it asks for is done.
Reading PartitionReader::check(Message&& message, const LogPolicies& policies) {
  if (looks_at_first_) return saw_first(message, policies);
  if (inspection_) {
    if (message.offset < inspection_->wanted().value_or(0)) return Step::outdated;
    inspection_->saw(message);
    return go_on_inspecting(policies);
  }
  NextOffset standing = ledger_.check(message);
  // A client that leaves nothing out need not be asked again: the ledger is, and takes that for the second look.
  if (standing == NextOffset::verify && !source_->may_skip_after_seek()) standing = ledger_.check(message);
  if (standing != NextOffset::take) return act_on(standing, policies);
  ledger_.take(message);
  beyond_end_ = 0;
  return std::move(message);
}

/// Of what is not to be taken.
Reading PartitionReader::act_on(NextOffset standing, const LogPolicies& policies) {
  switch (standing) {
    case NextOffset::take:
    case NextOffset::known:
      parted_at_.reset();
      return Step::passed;
    case NextOffset::skip:
      return Step::outdated;
    case NextOffset::verify:
      fetch_next(/*second_look=*/true);
      return Step::gap_doubted;
    case NextOffset::missing:
      return inspect(fmt::format("the record at offset {} is not there", ledger_.marks().newest().offset), policies);
    case NextOffset::foreign:
      return inspect(
          fmt::format("the record at offset {} is not the one that was read", ledger_.marks().newest().offset),
          policies);
  }
  return Step::passed;
}

Reading PartitionReader::reach_end(std::int64_t position, const Clock& clock, const LogPolicies& policies) {
  if (looks_at_first_) return begin_anew(position, "the log is empty", policies.out_of_range);
  if (inspection_) {
    inspection_->saw_end();
    return go_on_inspecting(policies);
  }
  if (position < ledger_.next() && ledger_.has_growth()) return doubt("the log ends too early");
  if (position < ledger_.next()) return short_log(fmt::format("the log ends at offset {}", position), clock, policies);
  NextOffset standing = ledger_.check_end(position);
  if (standing == NextOffset::verify && !source_->may_skip_after_seek()) standing = ledger_.check_end(position);
  if (standing != NextOffset::take) return act_on(standing, policies);
  if (position == ledger_.next()) return Step::passed;
  ledger_.advance_to(position);  // control records and aborted ones: nothing to store, but no lag either
  return Step::moved_on;
}

Reading PartitionReader::out_of_range(const source::OffsetOutOfRange& range, const Clock& clock,
                                      const LogPolicies& policies) {
  if (range.parted_at) parted_at_ = range.parted_at;
  if (ledger_.has_growth()) return doubt(range.message);
  const std::int64_t wanted = ledger_.next();
  const auto marks = source_->watermarks();
  if (!marks) {
    fetch_next();
    seek_after_ = clock.now() + kBetweenSeeks;
    return Step::passed;
  }
  if (wanted < marks->low) return lose_to_retention(*marks, policies);
  if (wanted <= marks->high) {
    if (inspecting()) return inspect(suspicion_, policies);  // the log has moved meanwhile
    if (ledger_.position() < marks->low) ledger_.forget_marks();
    fetch_next();
    return Step::passed;
  }
  return short_log(fmt::format("the log ends at offset {} ({})", marks->high, range.message), clock, policies);
}

Reading PartitionReader::short_log(const std::string& why, const Clock& clock, const LogPolicies& policies) {
  if (++beyond_end_ >= kLooksBeyondEnd) return inspect(why, policies);
  fetch_next();
  seek_after_ = clock.now() + kBetweenLooks;
  return Step::passed;
}

// ---- Where the log is not what the stored offset believes

Reading PartitionReader::lose_to_retention(const source::Watermarks& marks, const LogPolicies& policies) {
  const std::int64_t wanted = ledger_.next();
  const std::int64_t lost = marks.low - wanted;
  if (policies.out_of_range == OutOfRange::stop) {
    return ask_operator(
        fmt::format("{} from the stored offset {} on {} removed by retention "
                    "(LOOM_KAFKA_OUT_OF_RANGE=stop)",
                    plural(lost, "message"), wanted, agree(lost, "was", "were")));
  }
  const std::int64_t to = policies.out_of_range == OutOfRange::latest ? marks.high : marks.low;
  log::error({.topic = source_->topic(), .partition = partition(), .reason = "retention"},
             "{} (offsets {} to {}) {} removed by retention before being stored: going on at {}",
             plural(lost, "message"), wanted, marks.low - 1, agree(lost, "was", "were"), to);
  ledger_.advance_to(to);
  ledger_.forget_marks();
  fetch_next();
  return LostToRetention{lost};
}

/// The stored offset does not fit the log: up to where is it the same?
Reading PartitionReader::inspect(const std::string& why, const LogPolicies& policies) {
  const auto marks = source_->watermarks();
  if (!marks) {  // later, when the broker answers
    fetch_next();
    return Step::passed;
  }
  if (!inspecting()) {
    log::warn({.topic = source_->topic(), .partition = partition()},
              "the next offset is {}, but {}: has the log lost its end, or was the topic made again?", ledger_.next(),
              why);
  }
  suspicion_ = why;
  beyond_end_ = 0;
  log_start_ = marks->low;
  looks_at_first_ = false;
  inspection_.emplace(ledger_.marks(), ledger_.next(), *marks);
  return go_on_inspecting(policies);
}

Reading PartitionReader::go_on_inspecting(const LogPolicies& policies) {
  if (inspection_->asks_whether_compacted()) inspection_->answer(source_->compacted());
  if (const auto offset = inspection_->wanted()) {
    go_to(*offset);
    return Step::passed;
  }
  const LogInspection::Finding finding = inspection_->finding();
  for (const RecordMark& gone : inspection_->gone()) ledger_.forget(gone);
  inspection_.reset();
  return conclude(finding, policies);
}

Reading PartitionReader::conclude(const LogInspection::Finding& finding, const LogPolicies& policies) {
  switch (finding.found) {
    case LogInspection::Found::intact:
      fetch_next();
      return Step::passed;
    case LogInspection::Found::parted:
      return resume_at(finding.at, policies);
    case LogInspection::Found::all_replaced:
      return begin_anew(finding.at, "none of the records that were read is in the log: the topic was made again",
                        policies.out_of_range);
    case LogInspection::Found::undecided:
      return undecided(finding, policies);
  }
  return Step::passed;
}

Reading PartitionReader::undecided(const LogInspection::Finding& finding, const LogPolicies& policies) {
  if (parted_at_ && *parted_at_ > finding.same_to && *parted_at_ <= finding.other_from) {
    return resume_at(*parted_at_, policies);
  }
  if (finding.same_to < 0) {
    looks_at_first_ = true;
    go_to(log_start_);
    return Step::passed;
  }
  return ask_operator(
      fmt::format("{}; the log is another one from an offset on that lies after {} and not after {}: nobody can tell "
                  "which records between them were stored",
                  suspicion_, finding.same_to, finding.other_from));
}

/// Nothing that is remembered is in the log. Where its first record is younger than the last one stored, the topic was
/// made again; else going on at the start would store everything twice.
Reading PartitionReader::saw_first(const Message& first, const LogPolicies& policies) {
  looks_at_first_ = false;
  const std::int64_t last_read = ledger_.marks().newest().timestamp_ms;
  if (last_read >= 0 && first.timestamp_ms > last_read) {
    return begin_anew(first.offset,
                      "its first record is younger than the last one that was stored: the topic was made again",
                      policies.out_of_range);
  }
  return ask_operator(
      fmt::format("the stored offset {} does not fit the log ({}), which begins with a record that is not younger than "
                  "the last one stored: either the log lost its end, or the topic was made again with old records",
                  ledger_.next(), suspicion_));
}

Reading PartitionReader::begin_anew(std::int64_t at, const std::string& why, OutOfRange policy) {
  looks_at_first_ = false;
  parted_at_.reset();
  if (policy == OutOfRange::stop) return ask_operator(why + " (LOOM_KAFKA_OUT_OF_RANGE=stop)");
  if (policy == OutOfRange::latest) {
    const auto marks = source_->watermarks();
    if (marks) at = marks->high;
  }
  log::error({.topic = source_->topic(), .partition = partition()}, "{}; going on at offset {} under a new epoch", why,
             at);
  new_start_ = at;
  return Step::new_log;
}

/// The log is the one that was read up to `at`, and another one from there on.
Reading PartitionReader::resume_at(std::int64_t at, const LogPolicies& policies) {
  const std::int64_t next = ledger_.next();
  const std::string what = fmt::format(
      "the log lost its end ({}): it is the one that was read up to offset {}, and offsets {} to {} are not "
      "the records that were stored",
      suspicion_, at - 1, at, next - 1);
  if (policies.truncated == Truncated::stop) return ask_operator(what + " (LOOM_KAFKA_TRUNCATED=stop)");
  log::error({.topic = source_->topic(), .partition = partition(), .reason = "truncated"},
             "{}; their rows stay. Going on at offset {} under a new epoch", what, at);
  parted_at_.reset();
  new_start_ = at;
  return Replaced{next - at};
}

Reading PartitionReader::ask_operator(std::string what) {
  inspection_.reset();
  looks_at_first_ = false;
  decision_ = fmt::format("partition {}: {}. Decide with `offsets reset --topic {} --partition {} --to ...`",
                          partition(), what, source_->topic(), partition());
  return DecisionWanted{decision_};
}

}  // namespace loom::pipeline
