#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/lane.h"
#include "support/id_plan.h"
#include "support/manual_clock.h"

namespace loom::pipeline {

/// A partition's queue that holds what the test put into it.
class QueuedSource final : public source::PartitionSource {
 public:
  QueuedSource(std::string topic, std::int32_t partition) : topic_(std::move(topic)), partition_(partition) {}

  [[nodiscard]] const std::string& topic() const override { return topic_; }
  [[nodiscard]] std::int32_t partition() const override { return partition_; }
  source::Taken take() override;
  bool seek(std::int64_t offset, std::int32_t leader_epoch) override;
  std::optional<source::Watermarks> watermarks() override { return marks; }
  [[nodiscard]] bool compacted() override { return may_be_compacted; }
  [[nodiscard]] std::int64_t backlog(std::int64_t next) const override { return end_ - next; }
  void on_ready(std::function<void()> /*ready*/) override {}
  [[nodiscard]] bool may_skip_after_seek() const override { return may_skip; }

  /// A good message with the next offset, or a bad one; younger by a millisecond than the one before.
  void emit(bool good = true);
  /// The topic is deleted and made again; its first record will have this timestamp.
  void made_again(std::int64_t timestamp_ms);
  /// The records from `end` on are lost; those that come have timestamps from this one on.
  void cut(std::int64_t end, std::int64_t timestamp_ms);
  /// The record leaves a gap behind.
  void compact(std::int64_t offset) { log_[static_cast<std::size_t>(offset)].value.clear(); }
  /// The next take() says that the log may be another one, instead of its message.
  void put_in_doubt() { doubted_ = true; }
  /// The next take() says that this is the end, where it is.
  void reach_end() { tells_end_ = true; }
  /// As the client does on assignment: no seek that a lane asked for.
  void start_at(std::int64_t offset) { position_ = offset; }

  std::string framing;  ///< in front of each good message
  std::vector<std::int64_t> seeks;
  bool out_of_range = false;
  bool may_skip = true;
  bool may_be_compacted = false;
  bool refuses_seeks = false;
  std::optional<source::Watermarks> marks;
  std::optional<std::int64_t> says_parted_at;  ///< with an offset that is out of range, once

 private:
  std::string topic_;
  std::int32_t partition_;
  struct Record {
    std::string value;
    std::int64_t timestamp_ms = 0;
  };
  std::deque<Record> log_;   // by offset; a deque: messages point into it
  std::deque<Record> lost_;  // what messages may still point into
  std::int64_t timestamp_ = 1'000;
  bool doubted_ = false;
  bool tells_end_ = false;
  std::int64_t position_ = 0;
  std::int64_t end_ = 0;
};

/// One lane of topic "readings" whose batches the test takes and settles by hand.
class LaneTest : public ::testing::Test {
 protected:
  LaneTest();
  explicit LaneTest(const LaneSettings& settings, const decode::Registry& registry = {});
  explicit LaneTest(const decode::Registry& registry);

  /// One BIGINT column, `id`.
  static std::shared_ptr<const mapping::TopicPlan> plan() { return test_support::id_plan("readings"); }
  QueuedSource& assign(std::int32_t partition, std::int64_t stored = 0, std::int64_t last_timestamp_ms = -1);
  void emit(std::int32_t partition, int messages, bool good = true);
  void take_all();
  std::unique_ptr<batch::Batch> due(bool input_waiting = false) { return lane_.hand_over(input_waiting); }
  void settle(std::unique_ptr<batch::Batch> batch, batch::OutcomeKind kind,
              std::vector<batch::StoredOffset> stored = {});
  [[nodiscard]] std::int64_t stored(std::int32_t partition) { return lane_.find(partition)->ledger().stored(); }
  static std::int64_t rows_of(const batch::Batch& batch) { return static_cast<std::int64_t>(batch.rows.rows()); }

  BatchLimits limits_;
  test_support::ManualClock clock_;
  Counters counters_;
  MemoryBudget memory_{std::size_t{64} << 20U};
  Failpoints failpoints_;
  Lane lane_;
  std::map<std::int32_t, QueuedSource*> sources_;
};

}  // namespace loom::pipeline
