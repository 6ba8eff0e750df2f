#include "pipeline/partition_reader.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/log.h"

namespace loom::pipeline {

namespace {

using std::chrono::seconds;

/// A broker that has just come back may not know the whole of its log yet.
constexpr int kLooksBeyondEnd = 3;
constexpr seconds kBetweenLooks{1};
constexpr std::chrono::milliseconds kBetweenSeeks{100};

}  // namespace

// ---- Positions

/// The source goes on at the ledger's next offset, or before it, where that takes a proof.
void PartitionReader::fetch_next() {
  ledger_.placed(Placed::by_seek);
  go_to(ledger_.position());
}

/// False: not yet.
bool PartitionReader::seek(const Clock& clock) {
  if (clock.now() < seek_after_) return false;
  if (!source_->seek(*seek_to_)) {
    seek_after_ = clock.now() + kBetweenSeeks;
    return false;
  }
  seek_to_.reset();
  return true;
}

void PartitionReader::take_again(const batch::OffsetRange& range) {
  ledger_.rewind(range.from, range.epoch);
  fetch_next();
}

void PartitionReader::go_back(const batch::StoredOffset& to) {
  log::warn({.topic = source_->topic(), .partition = to.partition},
            "the database stands at offset {} (epoch {}), not at {}: going on from there", to.next_offset, to.epoch,
            ledger_.stored());
  ledger_.rewind(to.next_offset, to.epoch);
  fetch_next();
  new_start_.reset();
  inspecting_ = false;
}

batch::OffsetRange PartitionReader::hand_over() {
  const batch::OffsetRange range = ledger_.growth();
  ledger_.hand_over();
  return range;
}

// ---- Reading

Reading PartitionReader::read(const Clock& clock, OutOfRange policy) {
  if (seek_to_ && !seek(clock)) return Step::not_yet;
  source::Taken next = source_->take();
  if (auto* const message = std::get_if<Message>(&next)) {
    if (inspecting_) return inspected(*message, policy);
    if (const auto step = check(message->offset, message->timestamp_ms)) return *step;
    ledger_.take(message->offset, message->timestamp_ms);
    beyond_end_ = 0;
    return std::move(*message);
  }
  if (const auto* const end = std::get_if<source::EndOfPartition>(&next)) return reach_end(end->position, policy);
  if (const auto* const range = std::get_if<source::OffsetOutOfRange>(&next)) {
    return out_of_range(range->message, clock, policy);
  }
  return Step::nothing;
}

/// Nothing where what stands at `offset` follows what was taken. Else what it is, and what it asks for is done.
std::optional<Step> PartitionReader::check(std::int64_t offset, std::int64_t timestamp_ms) {
  switch (ledger_.check(offset, timestamp_ms)) {
    case NextOffset::take:
      return std::nullopt;
    case NextOffset::known:
      return Step::passed;
    case NextOffset::skip:
      return Step::outdated;
    case NextOffset::verify:
      // A client that leaves nothing out need not be asked again: the ledger is, and takes that for the second look.
      if (!source_->may_skip_after_seek()) return check(offset, timestamp_ms);
      fetch_next();
      return Step::gap_doubted;
    case NextOffset::foreign: {
      const auto marks = source_->watermarks();
      // Without an answer any offset will do: out of range is answered with the right one.
      inspect(marks ? marks->low : 0, fmt::format("the record at offset {} is not the one that was stored", offset));
      return Step::passed;
    }
  }
  return Step::passed;
}

Reading PartitionReader::reach_end(std::int64_t position, OutOfRange policy) {
  if (inspecting_) return begin_anew(position, "the log is empty", policy);
  if (position <= ledger_.next()) return Step::passed;
  if (const auto step = check(position, -1)) return *step;
  ledger_.advance_to(position);  // control records and aborted ones: nothing to store, but no lag either
  return Step::moved_on;
}

Reading PartitionReader::out_of_range(const std::string& message, const Clock& clock, OutOfRange policy) {
  const std::int64_t wanted = ledger_.next();
  const auto marks = source_->watermarks();
  if (!marks || (wanted >= marks->low && wanted <= marks->high)) {
    if (inspecting_ && marks) {
      go_to(marks->low);
    } else {
      fetch_next();
    }
    return Step::passed;
  }
  if (wanted < marks->low) return lose_to_retention(*marks, policy);
  if (++beyond_end_ < kLooksBeyondEnd) {
    fetch_next();
    seek_after_ = clock.now() + kBetweenLooks;
  } else {
    inspect(marks->low, fmt::format("the log ends at offset {} ({})", marks->high, message));
  }
  return Step::passed;
}

// ---- Where the log is not what the stored offset believes

Reading PartitionReader::lose_to_retention(const source::Watermarks& marks, OutOfRange policy) {
  const std::int64_t wanted = ledger_.next();
  const std::int64_t lost = marks.low - wanted;
  if (policy == OutOfRange::stop) {
    fetch_next();
    return StopWanted{
        fmt::format("partition {}: {} messages from the stored offset {} on were removed by retention "
                    "(LOOM_KAFKA_OUT_OF_RANGE=stop): see `offsets reset`",
                    partition(), lost, wanted)};
  }
  const std::int64_t to = policy == OutOfRange::latest ? marks.high : marks.low;
  log::error({.topic = source_->topic(), .partition = partition(), .reason = "retention"},
             "{} messages (offsets {} to {}) were removed by retention before they were stored: going on at {}", lost,
             wanted, marks.low - 1, to);
  ledger_.advance_to(to);
  fetch_next();
  return LostToRetention{lost};
}

/// The stored offset does not fit the log. Its first record tells a topic that was made again from a log that lost its
/// end: there, going on at the start would store everything twice.
void PartitionReader::inspect(std::int64_t first, const std::string& why) {
  log::warn({.topic = source_->topic(), .partition = partition()},
            "the stored offset is {}, but {}: was the topic made again?", ledger_.next(), why);
  inspecting_ = true;
  beyond_end_ = 0;
  go_to(first);
}

Reading PartitionReader::inspected(const Message& first, OutOfRange policy) {
  inspecting_ = false;
  const std::int64_t last_stored = ledger_.last_timestamp();
  if (last_stored >= 0 && first.timestamp_ms > last_stored) {
    return begin_anew(first.offset, "its first record is younger than the last one that was stored: it was made again",
                      policy);
  }
  fetch_next();
  return StopWanted{
      fmt::format("partition {}: the stored offset {} does not fit the log, which begins with a record that is not "
                  "younger than the last one stored: either the log lost its end, or the topic was made again with "
                  "old records. Decide with `offsets reset --topic {} --partition {} --to ...`",
                  partition(), ledger_.next(), source_->topic(), partition())};
}

Reading PartitionReader::begin_anew(std::int64_t at, const std::string& why, OutOfRange policy) {
  inspecting_ = false;
  if (policy == OutOfRange::stop) {
    fetch_next();
    return StopWanted{
        fmt::format("partition {}: {} (LOOM_KAFKA_OUT_OF_RANGE=stop): see `offsets reset`", partition(), why)};
  }
  if (policy == OutOfRange::latest) {
    const auto marks = source_->watermarks();
    if (marks) at = marks->high;
  }
  log::error({.topic = source_->topic(), .partition = partition()}, "{}; going on at offset {} under a new epoch", why,
             at);
  new_start_ = at;
  return Step::new_log;
}

}  // namespace loom::pipeline
