#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "batch/batch.h"
#include "batch/sink.h"
#include "encode/row_builder.h"
#include "pipeline/counters.h"
#include "pipeline/partition_ledger.h"
#include "source/partition_source.h"

namespace loom::pipeline {

/// When a batch is due and how far it may grow. A topic's mapping may set its own size and timeout.
struct BatchLimits {
  std::size_t size = 200;                         ///< messages that make it due
  std::chrono::milliseconds timeout{500};         ///< after its first message
  std::size_t rows_max = 20000;                   ///< it takes no more messages from here on
  std::size_t bytes_max = std::size_t{8} << 20U;  ///< likewise, messages and rows; one larger message still passes
  std::chrono::milliseconds fill_time{20};        ///< a due batch goes on filling this long while input is waiting
};

/// An assigned partition in a worker's hands.
struct Partition {
  std::uint64_t id = 0;  ///< unique in the worker; ready signals carry it
  std::unique_ptr<source::PartitionSource> source;
  PartitionLedger ledger;
  bool leaving = false;                 ///< not read any more; released when settled
  bool waiting_for_turn = false;        ///< it stands in the worker's line of partitions with input
  std::optional<std::int64_t> seek_to;  ///< its source must be set there before anything is taken

  Partition(std::uint64_t partition_id, std::unique_ptr<source::PartitionSource> from, PartitionLedger book)
      : id(partition_id), source(std::move(from)), ledger(book) {}
};

enum class LaneState : std::uint8_t {
  waiting_for_plan,  ///< the provider was asked
  running,
  stopped,  ///< see reason(); asks for a plan again at wake_at()
};

/// One topic in one worker: its partitions, the batch that grows, and the batch that is out or waits to go again.
///
///   take messages -> growing batch -> due? and none out -> hand_over() -> sink -> settle()
///     committed: ledgers move on, the next batch may go
///     retry, in doubt: the same batch is held and goes again after a wait
///     stale: partitions that the database has elsewhere leave both batches and seek
///     catalog changed: a fresh plan is wanted; both batches are encoded anew with it
///     stop: everything stays as it is; tried again much later
///
/// At most one batch is out at a time, so order within a partition holds and offsets only move forward.
/// Threads: its worker's only.  Owns: the partitions and both batches.  Blocks: seek(), seldom.
class Lane {
 public:
  Lane(std::string topic, const BatchLimits& limits, const Clock& clock, Counters& counters);

  // Plan
  void use_plan(std::shared_ptr<const mapping::TopicPlan> plan);
  void plan_failed(const std::string& why);
  /// Once after a plan became wanted: true, and `fresh` when the present one proved wrong.
  bool take_plan_request(bool& fresh);

  // Partitions
  Partition& add(std::uint64_t id, std::unique_ptr<source::PartitionSource> from, PartitionLedger book);
  [[nodiscard]] Partition* find(std::int32_t partition);
  [[nodiscard]] bool empty() const { return partitions_.empty() && !out_ && held_ == nullptr; }
  /// Partitions marked `leaving` whose rows are all committed, taken out of the lane.
  std::vector<std::unique_ptr<Partition>> take_settled();
  /// Takes a partition out at once; its rows leave the growing and the held batch.
  std::unique_ptr<Partition> discard(std::int32_t partition);

  // Filling
  [[nodiscard]] bool wants_input() const;
  /// Takes up to `most` messages of this partition. True when more may be waiting.
  bool fill_from(Partition& partition, std::size_t most);

  // Writing
  /// The batch that should go to the sink now, if any. `input_waiting`: more could be added at once.
  std::unique_ptr<batch::Batch> hand_over(bool input_waiting);
  void settle(batch::WriteReply reply);
  /// The database was asked where it stands while nothing was under way here. A crash with synchronous_commit off may
  /// have taken back what this lane saw committed, and an idle partition has no next batch whose compare would notice.
  /// `believed`: the ledger's stored offset before the question was asked; nothing happens when it has moved since.
  void audit(std::int32_t partition, std::int64_t believed, const std::optional<batch::StoredOffset>& found);
  /// Batches that are not full go out now (a partition leaves, or the worker stops).
  void flush() { flush_ = true; }
  /// When hand_over() or a plan request may next have something, if nothing else happens.
  [[nodiscard]] TimePoint wake_at() const;

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] LaneState state() const { return state_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Partition>>& partitions() const { return partitions_; }
  [[nodiscard]] bool idle() const { return !out_ && held_ == nullptr && !has_growth(); }

 private:
  [[nodiscard]] bool has_growth() const;
  [[nodiscard]] bool believes(Partition& partition, std::int64_t offset);
  void take_message(Partition& partition, Message message);
  void reach_end(Partition& partition, std::int64_t position);
  void out_of_range(Partition& partition, const std::string& message);
  void note_growth();
  void append(batch::Batch& to, Message message);
  void encode_again(std::unique_ptr<batch::Batch>& batch, const std::vector<std::int32_t>& without);
  void hold(std::unique_ptr<batch::Batch> batch, Duration wait);
  void settle_committed(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void settle_stale(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void stop(const std::string& why);
  void go_back(Partition& partition, const batch::StoredOffset& to);
  void stop_without_row(const std::string& partitions);
  void refuse_plan(const std::string& why);
  [[nodiscard]] std::vector<std::int32_t> disowned(const batch::Batch& batch) const;
  [[nodiscard]] bool due(TimePoint now, bool input_waiting);
  std::unique_ptr<batch::Batch> new_batch();

  // Constant after construction
  const std::string topic_;
  const BatchLimits base_limits_;
  const Clock& clock_;
  Counters& counters_;

  BatchLimits limits_;
  std::vector<std::unique_ptr<Partition>> partitions_;  // in partition order
  std::shared_ptr<const mapping::TopicPlan> plan_;
  std::optional<encode::RowBuilder> builder_;
  std::unique_ptr<batch::Batch> growing_;
  std::unique_ptr<batch::Batch> held_;   // to be sent again at retry_at_
  std::unique_ptr<batch::Batch> spare_;  // a committed batch whose memory the next one uses
  std::optional<TimePoint> growing_since_;
  std::optional<TimePoint> due_since_;
  TimePoint retry_at_{};
  TimePoint plan_retry_at_{};
  Backoff backoff_;
  Backoff stop_backoff_;
  LaneState state_ = LaneState::waiting_for_plan;
  std::string reason_;
  bool plan_wanted_ = true;
  bool plan_fresh_ = false;
  bool suspect_plan_ = false;  // the database refused the plan; another refusal in a row stops the topic
  bool out_ = false;
  bool flush_ = false;
  int timeouts_ = 0;      // of the batch in hand, in a row
  int merge_left_ = 0;    // batches that still go straight to the merge path
  int merge_streak_ = 8;  // how many the next conflict sends there
};

}  // namespace loom::pipeline
