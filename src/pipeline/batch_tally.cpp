#include "pipeline/batch_tally.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"
#include "base/plural.h"
#include "decode/trace_id.h"

namespace loom::pipeline {

namespace {

/// Messages of one millisecond stand together, a batch has thousands of them: each run is one observation.
void observe_latency(Histogram& latency, const StoredPart& part, std::int64_t wall_us) {
  std::int64_t timestamp = -1;
  std::uint64_t run = 0;
  const auto observe_run = [&] {
    if (run == 0 || timestamp < 0) return;
    latency.observe(std::max(0.0, static_cast<double>(wall_us - timestamp * 1000) / 1e6), run);
  };
  for (const Message& message : part.batch().messages) {
    if (!part.has(message)) continue;
    if (message.timestamp_ms != timestamp) {
      observe_run();
      timestamp = message.timestamp_ms;
      run = 0;
    }
    ++run;
  }
  observe_run();
}

void count_dead_letters(TopicCounters& topic, const StoredPart& part, std::int64_t wall_us) {
  const auto& rejected = part.rejected();
  for (const batch::RejectedMessage* one : rejected) {
    topic.dead_letters[static_cast<std::size_t>(one->reject.reason)].fetch_add(1, std::memory_order_relaxed);
  }
  // One example of each reason is enough, and the last is the one that people look for.
  std::array<const batch::RejectedMessage*, kRejectReasons> last{};
  for (const batch::RejectedMessage* one : rejected) last[static_cast<std::size_t>(one->reject.reason)] = one;
  for (const batch::RejectedMessage* one : last) {
    if (one == nullptr) continue;
    const Message& message = part.batch().messages[one->message];
    topic.remember({.reason = one->reject.reason,
                    .message = one->reject.message,
                    .partition = message.partition,
                    .offset = message.offset,
                    .trace_id = trace_id_of(message),
                    .wall_us = wall_us});
  }
}

/// What a line in the log says of some of a part's dead letters.
struct Told {
  std::size_t count = 0;
  const batch::RejectedMessage* example = nullptr;  ///< the first
};

void count_in(Told& told, const batch::RejectedMessage* one) {
  if (told.count++ == 0) told.example = one;
}

struct ByMessage {
  bool operator()(const batch::RejectedMessage* one, std::uint32_t message) const { return one->message < message; }
  bool operator()(std::uint32_t message, const batch::RejectedMessage* one) const { return message < one->message; }
};

}  // namespace

StoredPart::StoredPart(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected, bool all,
                       std::vector<std::int32_t> partitions)
    : batch_(batch), all_(all), partitions_(std::move(partitions)) {
  for (const auto& one : rejected) {
    if (has(batch.messages[one.message])) rejected_.push_back(&one);
  }
}

bool StoredPart::is_of(const std::vector<std::int32_t>& partitions, std::int32_t partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

std::size_t StoredPart::messages() const {
  if (all_) return batch_.messages.size();
  return static_cast<std::size_t>(std::count_if(batch_.messages.begin(), batch_.messages.end(),
                                                [&](const Message& message) { return has(message); }));
}

std::size_t StoredPart::message_bytes() const {
  if (all_) return batch_.message_bytes;
  std::size_t bytes = 0;
  for (const Message& message : batch_.messages) {
    if (has(message)) bytes += message.value.size() + message.key.size();
  }
  return bytes;
}

bool StoredPart::is_rejected(std::uint32_t message) const {
  return std::binary_search(rejected_.begin(), rejected_.end(), message, ByMessage{});
}

// A message that became no row before the database saw it has none to be left out.
bool StoredPart::is_whole() const {
  const bool refused = std::any_of(rejected_.begin(), rejected_.end(),
                                   [](const batch::RejectedMessage* one) { return !one->reject.sqlstate.empty(); });
  return all_ && !refused;
}

std::size_t StoredPart::count(const std::vector<encode::RowSet>& sets) const {
  const bool is_all = is_whole();
  std::size_t rows = 0;
  for (const auto& set : sets) {
    if (is_all) {
      rows += set.rows.size();
      continue;
    }
    for (const auto& row : set.rows) {
      if (has(batch_.messages[row.message]) && !is_rejected(row.message)) ++rows;
    }
  }
  return rows;
}

std::size_t StoredPart::rows() const { return count(batch_.rows.all()) + removals(); }

std::size_t StoredPart::removals() const { return count(batch_.rows.removals()); }

void count_stored(Counters& counters, TopicCounters& topic, const StoredPart& part, const batch::Outcome* outcome,
                  std::int64_t wall_us) {
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    counter.fetch_add(more, std::memory_order_relaxed);
  };
  const std::size_t messages = part.messages();
  const std::size_t rows = part.rows();
  add(topic.batches, 1);
  const std::size_t removals = part.removals();
  const bool merged = outcome != nullptr && outcome->merged;
  add(topic.rows, rows);
  add(topic.deleted_rows, removals);
  const std::size_t written = rows - removals;
  const std::size_t upserted = merged ? std::min(outcome->merged_rows.value_or(written), written) : 0;
  add(topic.upserted_rows, upserted);
  add(topic.inserted_rows, written - upserted);
  add(topic.stored_messages, messages);
  if (merged) add(topic.merged_batches, 1);
  topic.last_commit_us.store(wall_us, std::memory_order_relaxed);
  count_dead_letters(topic, part, wall_us);

  if (messages == 0) return;  // only the offsets moved
  counters.batch_rows.observe(static_cast<double>(rows));
  counters.batch_bytes.observe(static_cast<double>(part.message_bytes()));
  counters.decode_seconds.observe(in_seconds(part.batch().decoding));
  observe_latency(counters.end_to_end_seconds, part, wall_us);
  if (outcome == nullptr) return;  // nobody knows how long its parts took
  counters.queue_seconds.observe(in_seconds(outcome->timings.queued));
  counters.copy_seconds.observe(in_seconds(outcome->timings.copy));
  counters.commit_seconds.observe(in_seconds(outcome->timings.commit));
}

void tell_dead_letters(TopicCounters& topic, const StoredPart& part) {
  if (part.rejected().empty()) return;
  std::array<Told, kRejectReasons> by_reason{};
  for (const batch::RejectedMessage* one : part.rejected()) {
    count_in(by_reason[static_cast<std::size_t>(one->reject.reason)], one);
  }
  const auto tell = [&](const Told& told, const auto& write) {
    const batch::Batch& batch = part.batch();
    const Reject& reject = told.example->reject;
    const Message& message = batch.messages[told.example->message];
    const std::string trace = trace_id_of(message);
    write(log::About{.topic = batch.topic,
                     .partition = message.partition,
                     .offset = message.offset,
                     .batch = batch.messages.size(),
                     .reason = to_string(reject.reason),
                     .trace_id = trace},
          reject);
  };
  Told known;
  for (const Told& told : by_reason) {
    if (told.count == 0) continue;
    if (!topic.first_of(told.example->reject.reason)) {
      if (known.example == nullptr || told.example->message < known.example->message) known.example = told.example;
      known.count += told.count;
      continue;
    }
    // At once, however many others there are: it happens once, and somebody may have to know.
    tell(told, [&](const log::About& about, const Reject& reject) {
      log::warn_at_once(about, "{} of {} became {}, the first of this topic with reason {}: {}", told.count,
                        plural(part.messages(), "message"), agree(told.count, "a dead letter", "dead letters"),
                        to_string(reject.reason), reject.message);
    });
  }
  if (known.count == 0) return;
  tell(known, [&](const log::About& about, const Reject& reject) {
    log::warn(about, "{} of {} became {}; this one: {}", known.count, plural(part.messages(), "message"),
              agree(known.count, "a dead letter", "dead letters"), reject.message);
  });
}

void tell_recovery(const std::string& topic, Duration outage) {
  constexpr std::chrono::seconds kWorthALine{1};
  if (outage < kWorthALine) return;
  log::info({.topic = topic}, "stores again, after {} s",
            std::chrono::duration_cast<std::chrono::seconds>(outage).count());
}

}  // namespace loom::pipeline
