// Where a partition stands in its log, and what to do when the log is not what the stored offset believes.
#include <fmt/format.h>

#include "base/log.h"
#include "pipeline/lane.h"

namespace loom::pipeline {

namespace {

using std::chrono::seconds;

/// A broker that has just come back may not know the whole of its log yet.
constexpr int kLooksBeyondEnd = 3;
constexpr seconds kBetweenLooks{1};
constexpr std::chrono::milliseconds kBetweenSeeks{100};

}  // namespace

/// False: not yet.
bool Lane::prepare_seek(Partition& partition) {
  if (!partition.seek_to) return true;
  if (clock_.now() < partition.seek_after) return false;
  if (!partition.source->seek(*partition.seek_to)) {
    partition.seek_after = clock_.now() + kBetweenSeeks;
    return false;
  }
  partition.ledger.repositioned();
  partition.seek_to.reset();
  return true;
}

/// Whether what stands at `offset` follows what was taken. A gap right after the position was set is fetched twice.
bool Lane::believes(Partition& partition, std::int64_t offset, std::int64_t timestamp_ms) {
  switch (partition.ledger.judge(offset, timestamp_ms)) {
    case Verdict::take:
      return true;
    case Verdict::known:
      return false;
    case Verdict::skip:
      counters_.outdated_messages.fetch_add(1, std::memory_order_relaxed);
      return false;
    case Verdict::verify:
      counters_.gaps_verified.fetch_add(1, std::memory_order_relaxed);
      partition.seek_to = partition.ledger.next();
      return false;
    case Verdict::foreign: {
      const auto marks = partition.source->watermarks();
      // Without an answer any offset will do: out of range is answered with the right one.
      inspect(partition, marks ? marks->low : 0,
              fmt::format("the record at offset {} is not the one that was stored", offset));
      return false;
    }
  }
  return false;
}

void Lane::reach_end(Partition& partition, std::int64_t position) {
  if (partition.inspecting) {
    restart(partition, position, "the log is empty");
    return;
  }
  if (position <= partition.ledger.next() || !believes(partition, position, -1)) return;
  partition.ledger.advance_to(position);  // control records and aborted ones: nothing to store, but no lag either
  note_growth();
}

void Lane::out_of_range(Partition& partition, const std::string& message) {
  const std::int64_t wanted = partition.ledger.next();
  const auto marks = partition.source->watermarks();
  if (!marks || (wanted >= marks->low && wanted <= marks->high)) {
    partition.seek_to = partition.inspecting && marks ? marks->low : wanted;
    return;
  }
  if (wanted < marks->low) {
    lost_to_retention(partition, *marks);
  } else if (++partition.beyond_end < kLooksBeyondEnd) {
    partition.seek_to = wanted;
    partition.seek_after = clock_.now() + kBetweenLooks;
  } else {
    inspect(partition, marks->low, fmt::format("the log ends at offset {} ({})", marks->high, message));
  }
}

void Lane::lost_to_retention(Partition& partition, const source::Watermarks& marks) {
  const std::int64_t wanted = partition.ledger.next();
  if (settings_.out_of_range == OutOfRange::stop) {
    partition.seek_to = wanted;
    stop(
        fmt::format("partition {}: {} messages from the stored offset {} on were removed by retention "
                    "(LOOM_KAFKA_OUT_OF_RANGE=stop): see `offsets reset`",
                    partition.ledger.partition(), marks.low - wanted, wanted));
    return;
  }
  const std::int64_t to = settings_.out_of_range == OutOfRange::latest ? marks.high : marks.low;
  const std::int64_t lost = marks.low - wanted;
  topic_counters_.lost_to_retention.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
  log::error({.topic = topic_, .partition = partition.ledger.partition(), .reason = "retention"},
             "{} messages (offsets {} to {}) were removed by retention before they were stored: going on at {}", lost,
             wanted, marks.low - 1, to);
  partition.ledger.advance_to(to);
  partition.seek_to = to;
  note_growth();
}

/// The stored offset does not fit the log. Its first record tells a topic that was made again from a log that lost its
/// end: there, going on at the start would store everything twice.
void Lane::inspect(Partition& partition, std::int64_t first, const std::string& why) {
  log::warn({.topic = topic_, .partition = partition.ledger.partition()},
            "the stored offset is {}, but {}: was the topic made again?", partition.ledger.next(), why);
  partition.inspecting = true;
  partition.beyond_end = 0;
  partition.seek_to = first;
}

void Lane::inspected(Partition& partition, const Message& first) {
  partition.inspecting = false;
  const std::int64_t last_stored = partition.ledger.last_timestamp();
  if (last_stored >= 0 && first.timestamp_ms > last_stored) {
    restart(partition, first.offset,
            "its first record is younger than the last one that was stored: it was made again");
    return;
  }
  partition.seek_to = partition.ledger.next();
  stop(
      fmt::format("partition {}: the stored offset {} does not fit the log, which begins with a record that is not "
                  "younger than the last one stored: either the log lost its end, or the topic was made again with "
                  "old records. Decide with `offsets reset --topic {} --partition {} --to ...`",
                  partition.ledger.partition(), partition.ledger.next(), topic_, partition.ledger.partition()));
}

void Lane::restart(Partition& partition, std::int64_t at, const std::string& why) {
  partition.inspecting = false;
  if (settings_.out_of_range == OutOfRange::stop) {
    partition.seek_to = partition.ledger.next();
    stop(fmt::format("partition {}: {} (LOOM_KAFKA_OUT_OF_RANGE=stop): see `offsets reset`",
                     partition.ledger.partition(), why));
    return;
  }
  if (settings_.out_of_range == OutOfRange::latest) {
    const auto marks = partition.source->watermarks();
    if (marks) at = marks->high;
  }
  log::error({.topic = topic_, .partition = partition.ledger.partition()},
             "{}; going on at offset {} under a new epoch", why, at);
  partition.restart_at = at;
  flush();  // what was taken from the old log is stored first
}

}  // namespace loom::pipeline
