#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/out_of_range.h"
#include "batch/batch.h"
#include "batch/sink.h"
#include "encode/row_builder.h"
#include "pipeline/context.h"
#include "pipeline/dead_letter_watch.h"
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

struct LaneSettings {
  BatchLimits limits;
  OutOfRange out_of_range = OutOfRange::earliest;
  double dead_letter_max_ratio = 1;  ///< of the recent messages: beyond it the topic stops; 1: never
};

/// An assigned partition in a worker's hands.
struct Partition {
  std::uint64_t id = 0;  ///< unique in the worker; ready signals carry it
  std::unique_ptr<source::PartitionSource> source;
  PartitionLedger ledger;
  bool leaving = false;                 ///< not read any more; released when settled
  bool waiting_for_turn = false;        ///< it stands in the worker's line of partitions with input
  std::optional<std::int64_t> seek_to;  ///< its source must be set there before anything is taken
  TimePoint seek_after{};               ///< but not earlier
  double share = 1;                     ///< of a full turn, see share_turns()
  int beyond_end = 0;                   ///< how often in a row the broker said that its log ends before `next`
  bool inspecting = false;              ///< its first record is fetched, to tell what became of the log
  /// The log is a new one, or had lost what was wanted: the stored position is to be set here, under a new epoch.
  std::optional<std::int64_t> restart_at;

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
/// In three files: filling and handing over (lane.cpp), what becomes of batches (lane_settle.cpp), where a partition
/// stands in its log (lane_position.cpp).
/// At most one batch is out at a time, so order within a partition holds and offsets only move forward.
/// Threads: its worker's only.  Owns: the partitions and both batches.  Blocks: seek(), seldom.
class Lane {
 public:
  Lane(std::string topic, const LaneSettings& settings, const Context& context);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Plan
  void use_plan(std::shared_ptr<const mapping::TopicPlan> plan);
  void plan_failed(const std::string& why);
  /// Another mapping file is in use, and this is the topic's plan by it.
  void change_plan(std::shared_ptr<const mapping::TopicPlan> plan);
  void use_settings(const LaneSettings& settings);
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
  /// While it is stopped: when it will be tried again.
  [[nodiscard]] TimePoint next_try() const { return plan_retry_at_; }
  [[nodiscard]] const std::shared_ptr<const mapping::TopicPlan>& plan() const { return plan_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Partition>>& partitions() const { return partitions_; }
  /// The batch that has to wait and takes no more: whatever can be done for it meanwhile is time gained. Else nullptr.
  [[nodiscard]] batch::Batch* full_batch();
  [[nodiscard]] bool idle() const { return !out_ && held_ == nullptr && !has_growth(); }

 private:
  [[nodiscard]] bool has_growth() const;
  bool take_from(Partition& partition, std::size_t most);
  [[nodiscard]] bool believes(Partition& partition, std::int64_t offset, std::int64_t timestamp_ms);
  void take_message(Partition& partition, Message message);
  void reach_end(Partition& partition, std::int64_t position);
  [[nodiscard]] bool prepare_seek(Partition& partition);
  void out_of_range(Partition& partition, const std::string& message);
  void lost_to_retention(Partition& partition, const source::Watermarks& marks);
  void inspect(Partition& partition, std::int64_t first, const std::string& why);
  void inspected(Partition& partition, const Message& first);
  void restart(Partition& partition, std::int64_t at, const std::string& why);
  void note_growth();
  void take_limits();
  void account();
  void append(batch::Batch& to, Message message);
  void encode_again(std::unique_ptr<batch::Batch>& batch, const std::vector<std::int32_t>& without);
  void act_on(batch::WriteReply reply);
  void hold(std::unique_ptr<batch::Batch> batch, Duration wait);
  void stop_for_dead_letters(std::unique_ptr<batch::Batch> batch);
  void shrink(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void settle_committed(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void tell_recovery();
  void tell_dead_letters(const batch::Batch& batch) const;
  void settle_stale(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void stop(const std::string& why);
  void go_back(Partition& partition, const batch::StoredOffset& to);
  void stop_without_row(const std::string& partitions);
  void refuse_plan(const std::string& why);
  [[nodiscard]] std::vector<std::int32_t> disowned(const batch::Batch& batch) const;
  [[nodiscard]] bool due(TimePoint now, bool input_waiting);
  std::unique_ptr<batch::Batch> new_batch();
  std::unique_ptr<batch::Batch> send(std::unique_ptr<batch::Batch> batch);

  // Constant after construction
  const std::string topic_;
  const Clock& clock_;
  Counters& counters_;
  TopicCounters& topic_counters_;
  MemoryBudget& memory_;
  Failpoints& failpoints_;

  LaneSettings settings_;
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
  std::optional<TimePoint> trouble_since_;  // nothing was stored since then, although there was something to store
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
  std::size_t accounted_ = 0;  // bytes that the memory budget knows of
  std::size_t out_bytes_ = 0;  // of the batch that is out
  std::size_t spare_bytes_ = 0;
  std::optional<std::size_t> rows_most_;  // while batches are kept small, since larger ones ran out of time
  DeadLetterWatch dead_letters_;
  int timeouts_ = 0;      // of the batch in hand, in a row
  int merge_left_ = 0;    // batches that still go straight to the merge path
  int merge_streak_ = 8;  // how many the next conflict sends there
};

}  // namespace loom::pipeline
