#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log_policies.h"
#include "batch/batch.h"
#include "batch/sink.h"
#include "pipeline/batch_encoder.h"
#include "pipeline/batch_schedule.h"
#include "pipeline/batch_slots.h"
#include "pipeline/batch_tally.h"
#include "pipeline/batch_tuning.h"
#include "pipeline/context.h"
#include "pipeline/dead_letter_watch.h"
#include "pipeline/outage.h"
#include "pipeline/partition_reader.h"
#include "pipeline/run_state.h"
#include "pipeline/trouble.h"
#include "source/partition_source.h"

namespace loom::pipeline {

struct LaneSettings {
  BatchLimits limits;
  LogPolicies log;
  double dead_letter_max_ratio = 1;  ///< of the recent messages: beyond it the topic stops; 1: never
};

/// One topic in one worker: reads its partitions, fills the growing batch, and decides what follows from what became of
/// the batch that was out.
///
///   readers -> growing batch -> due? and none out -> hand_over() -> sink -> settle()
///     committed: the readers' ledgers move on, the next batch may go
///     retry: the same batch is held and goes again after a wait
///     stale: partitions that the database has elsewhere leave both batches and go back
///     catalog changed: a fresh plan is wanted; both batches are encoded anew with it
///     stop: everything stays as it is; tried again much later
///
/// At most one batch is out at a time, so order within a partition holds and offsets only move forward.
/// In two files: from message to batch (lane.cpp), and what becomes of batches (lane_settle.cpp).
/// Threads: its worker's only.
/// Owns:    the readers and, through its slots, the batches.
/// Blocks:  fill_from(), seldom: where a position has to be set (see PartitionReader).
class Lane {
 public:
  Lane(std::string topic, const LaneSettings& settings, const Context& context);

  // Plan
  void use_plan(std::shared_ptr<const mapping::TopicPlan> plan);
  void plan_failed(const std::string& why, batch::Cause cause);
  /// Another mapping file is in use, and this is the topic's plan by it.
  void change_plan(std::shared_ptr<const mapping::TopicPlan> plan);
  void use_settings(const LaneSettings& settings);
  /// Once after a plan became wanted: true, and `fresh` when the present one proved wrong.
  bool take_plan_request(bool& fresh) { return run_.take_request(fresh); }
  /// What that plan has to have beyond the one in use; mostly nothing.
  [[nodiscard]] mapping::PlanWants wanted_of_plan() const {
    return encoder_.plan() == nullptr ? mapping::PlanWants() : encoder_.wanted();
  }

  /// A schema that somebody wanted is known now, or known not to be.
  void schemas_changed();

  // Partitions
  void add(PartitionReader reader);
  /// The reader of a partition, or nullptr.
  [[nodiscard]] const PartitionReader* find(std::int32_t partition) const;
  /// In order of their partitions.
  [[nodiscard]] const std::vector<PartitionReader>& readers() const { return readers_; }
  [[nodiscard]] bool empty() const { return readers_.empty() && slots_.none_under_way(); }
  /// The partition is not read any more, and what was taken of it goes out now.
  void release(std::int32_t partition);
  /// Released partitions whose rows are all stored, taken out of the lane.
  std::vector<std::unique_ptr<PartitionReader>> take_settled();
  /// Takes a partition out at once; its rows leave the growing and the held batch.
  std::unique_ptr<PartitionReader> discard(std::int32_t partition);

  // Filling
  [[nodiscard]] bool wants_input() const;
  /// Something waits in the partition's source.
  void note_ready(std::int32_t partition);
  /// Takes up to `most` messages of this partition. True when more may be waiting.
  bool fill_from(std::int32_t partition, std::size_t most);

  // Writing
  /// The batch that should go to the sink now, if any. `input_waiting`: more could be added at once.
  std::unique_ptr<batch::Batch> hand_over(bool input_waiting);
  void settle(batch::WriteReply reply);
  /// Gives back what settle() left of a stored batch: for when the next one is on its way.
  void tidy() { slots_.empty_spent(); }
  /// The database was asked where it stands while nothing was under way here. A crash with synchronous_commit off may
  /// have taken back what this lane saw committed, and an idle partition has no next batch whose compare would notice.
  /// `believed`: the ledger's stored offset before the question was asked; nothing happens when it has moved since.
  void audit(std::int32_t partition, std::int64_t believed, const std::optional<batch::StoredOffset>& found);
  /// When hand_over() or a plan request may next have something, if nothing else happens.
  [[nodiscard]] TimePoint wake_at() const;

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] LaneState state() const { return run_.state(); }
  /// For those who look on: stopped until what it stopped for is stored, with the reason.
  [[nodiscard]] LaneState shown_state() const { return run_.shown_state(); }
  [[nodiscard]] const std::string& shown_reason() const { return run_.shown_reason(); }
  /// What keeps its batch from being stored, from the first failure on.
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_.now(); }
  /// The same in words, once it has lasted for more than ten seconds and is still tried again; empty: nothing.
  [[nodiscard]] std::string long_trouble() const;
  /// When the batch that is out was handed over, if one is.
  [[nodiscard]] std::optional<TimePoint> out_since() const { return out_since_; }
  /// While it is stopped: when it will be tried again.
  [[nodiscard]] TimePoint next_try() const { return run_.next_try(); }
  [[nodiscard]] const std::shared_ptr<const mapping::TopicPlan>& plan() const { return encoder_.plan(); }
  /// The batch that has to wait and takes no more: whatever can be done for it meanwhile is time gained. Else nullptr.
  [[nodiscard]] batch::Batch* full_batch();
  [[nodiscard]] bool idle() const { return slots_.none_under_way() && !has_growth(); }

 private:
  using Partitions = std::vector<std::int32_t>;

  [[nodiscard]] PartitionReader* reader(std::int32_t partition);
  [[nodiscard]] bool has_growth() const;
  [[nodiscard]] BatchLimits limits() const;

  // From message to batch
  bool take_from(PartitionReader& reader, std::size_t most);
  void take(Message&& message);
  void note(Step step);
  void stop(const std::string& why, bool unstored);
  void await_decision(const std::string& why);
  void go_on_if_decided();
  void encode_anew();
  [[nodiscard]] bool awaits_schemas() const;
  [[nodiscard]] bool waits_for_schemas(const batch::Batch* batch);
  void drop_from_growing(const Partitions& partitions);
  std::unique_ptr<batch::Batch> close_growing();
  std::unique_ptr<batch::Batch> send(std::unique_ptr<batch::Batch> batch);

  // What becomes of batches
  void act_on(batch::WriteReply reply);
  void settle_committed(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void settle_stale(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void note_stored(const StoredPart& part, const batch::Outcome* outcome);
  void try_again(std::unique_ptr<batch::Batch> batch, const batch::Outcome& outcome);
  void fetch_less(const batch::Batch& batch, const batch::Outcome& outcome);
  void fetch_again(const batch::Batch& batch);
  void forget_trouble_if_idle();
  void hold(std::unique_ptr<batch::Batch> batch);
  void hold_and_stop(std::unique_ptr<batch::Batch> batch, const std::string& why);
  void note_failure(const batch::Outcome& outcome);
  void refuse_plan(const std::string& why);
  void stop_for_dead_letters(std::unique_ptr<batch::Batch> batch);
  void stop_without_row(const std::string& partitions);
  [[nodiscard]] Partitions disowned(const batch::Batch& batch) const;

  // Constant after construction
  const std::string topic_;
  const Context context_;
  TopicCounters& topic_counters_;

  LaneSettings settings_;
  std::vector<PartitionReader> readers_;  // in order of their partitions
  BatchEncoder encoder_;
  BatchSlots slots_;
  BatchSchedule schedule_;
  BatchTuning tuning_;
  RunState run_;
  Outage outage_;
  TroubleWatch trouble_;
  std::optional<TimePoint> out_since_;
  TimePoint schemas_tried_{};  // while it waits for schemas: when the batches were last encoded in hope of them
  bool refused_all_ = false;   // the database refused every message of the last batch
  DeadLetterWatch dead_letter_watch_;
  Silence silence_;
};

}  // namespace loom::pipeline
