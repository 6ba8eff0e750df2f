#include "pipeline/batch_tally.h"

#include <algorithm>
#include <chrono>

#include "decode/trace_id.h"

namespace loom::pipeline {

namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Messages of one millisecond stand together, a batch has thousands of them: each run is one observation.
void observe_latency(Histogram& latency, const std::vector<Message>& messages, std::int64_t wall_us) {
  std::int64_t timestamp = -1;
  std::uint64_t run = 0;
  const auto observe_run = [&] {
    if (run == 0 || timestamp < 0) return;
    latency.observe(std::max(0.0, static_cast<double>(wall_us - timestamp * 1000) / 1e6), run);
  };
  for (const Message& message : messages) {
    if (message.timestamp_ms != timestamp) {
      observe_run();
      timestamp = message.timestamp_ms;
      run = 0;
    }
    ++run;
  }
  observe_run();
}

void count_dead_letters(TopicCounters& topic, const batch::Batch& batch, std::int64_t wall_us) {
  for (const auto& [index, reject, in_topic] : batch.rejected) {
    const auto reason = static_cast<std::size_t>(reject.reason);
    topic.dead_letters[reason].fetch_add(1, std::memory_order_relaxed);
  }
  // One example is enough, and the last is the one that people look for.
  if (batch.rejected.empty()) return;
  const auto& [index, reject, in_topic] = batch.rejected.back();
  const Message& message = batch.messages[index];
  topic.remember({.reason = reject.reason,
                  .message = reject.message,
                  .partition = message.partition,
                  .offset = message.offset,
                  .trace_id = trace_id_of(message),
                  .wall_us = wall_us});
}

}  // namespace

void count_committed(Counters& counters, TopicCounters& topic, const batch::Batch& batch, const batch::Outcome& outcome,
                     std::int64_t wall_us) {
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    counter.fetch_add(more, std::memory_order_relaxed);
  };
  add(topic.batches, 1);
  add(topic.rows, batch.rows.rows());
  add(topic.stored_messages, batch.messages.size());
  if (outcome.merged) add(topic.merged_batches, 1);
  topic.last_commit_us.store(wall_us, std::memory_order_relaxed);
  count_dead_letters(topic, batch, wall_us);

  if (batch.messages.empty()) return;  // only the offsets moved
  counters.batch_rows.observe(static_cast<double>(batch.rows.rows()));
  counters.batch_bytes.observe(static_cast<double>(batch.message_bytes));
  counters.decode_seconds.observe(seconds(batch.decoding));
  counters.queue_seconds.observe(seconds(outcome.timings.queued));
  counters.copy_seconds.observe(seconds(outcome.timings.copy));
  counters.commit_seconds.observe(seconds(outcome.timings.commit));
  observe_latency(counters.end_to_end_seconds, batch.messages, wall_us);
}

}  // namespace loom::pipeline
