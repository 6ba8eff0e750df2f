#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "base/mutex.h"
#include "base/reject.h"
#include "batch/cause.h"

namespace loom::pipeline {

/// A dead letter, as an example of its kind.
struct DeadLetterExample {
  RejectReason reason = RejectReason::invalid_json;
  std::string message;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string trace_id;      ///< empty: it carried none
  std::int64_t wall_us = 0;  ///< when it was committed
};

/// One topic's sums since the process started. Threads: any; plain sums, read at leisure.
struct TopicCounters {
  std::atomic<std::uint64_t> messages{0};           ///< taken from Kafka into a batch
  std::atomic<std::uint64_t> message_bytes{0};      ///< of their keys and values
  std::atomic<std::uint64_t> stored_messages{0};    ///< committed, as rows or dead letters
  std::atomic<std::uint64_t> rows{0};               ///< committed, also those that went
  std::atomic<std::uint64_t> inserted_rows{0};      ///< of these, by COPY
  std::atomic<std::uint64_t> upserted_rows{0};      ///< of these, by a merge: they may have been there
  std::atomic<std::uint64_t> deleted_rows{0};       ///< of these, by messages that delete: they may not have been there
  std::atomic<std::uint64_t> batches{0};            ///< committed
  std::atomic<std::uint64_t> merged_batches{0};     ///< of these, through the staging merge
  std::atomic<std::uint64_t> retried_batches{0};    ///< attempts that ended in retry or in doubt
  std::atomic<std::uint64_t> stale_batches{0};      ///< refused by the compare
  std::atomic<std::uint64_t> stops{0};              ///< times that the topic was stopped
  std::atomic<std::uint64_t> replaced_records{0};   ///< stored, and lost from the log since: others have their offsets
  std::atomic<std::uint64_t> lost_to_retention{0};  ///< messages gone from the log before they were stored
  std::atomic<std::int64_t> last_commit_us{0};      ///< wall clock; 0: none yet
  std::array<std::atomic<std::uint64_t>, kRejectReasons> dead_letters{};  ///< committed, by RejectReason

  [[nodiscard]] std::uint64_t all_dead_letters() const;
  /// The last dead letter of each reason, for those that had one.
  [[nodiscard]] std::vector<DeadLetterExample> examples() const;
  void remember(DeadLetterExample example);
  /// Whether nobody has asked this for the reason yet: it is new in this topic.
  [[nodiscard]] bool first_of(RejectReason reason) {
    return !met_[static_cast<std::size_t>(reason)].exchange(true, std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<bool>, kRejectReasons> met_{};
  mutable Mutex mutex_;
  std::array<std::optional<DeadLetterExample>, kRejectReasons> examples_ LOOM_GUARDED_BY(mutex_);
};

/// What the pipeline did since it started, for logs, status and metrics.
/// Threads: any.
/// Owns:    the topics' counters, which stay where they are until it dies.
class Counters {
 public:
  Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  /// The topic's counters, made when first asked for.
  TopicCounters& of(const std::string& topic);
  [[nodiscard]] std::vector<std::pair<std::string, const TopicCounters*>> topics() const;
  /// One counter over all topics.
  [[nodiscard]] std::uint64_t total(std::atomic<std::uint64_t> TopicCounters::*counter) const;

  /// An attempt that was not stored, by its cause and its SQLSTATE; empty when the connection broke.
  void count_retry(batch::Cause cause, const std::string& sqlstate);
  using Retries = std::map<std::pair<batch::Cause, std::string>, std::uint64_t>;
  [[nodiscard]] Retries retries() const;

  std::atomic<std::uint64_t> outdated_messages{0};  ///< skipped: taken before
  std::atomic<std::uint64_t> gaps_verified{0};      ///< gaps after an assignment or seek that were fetched twice
  std::atomic<std::uint64_t> rebalances{0};         ///< times that partitions were assigned, revoked or lost
  std::atomic<std::uint64_t> partitions_lost{0};    ///< taken away without being asked for: the member was late

  // Of committed batches
  Histogram batch_rows;
  Histogram batch_bytes;         ///< of the messages' keys and values
  Histogram decode_seconds;      ///< a worker's time for a batch: taking, decoding, encoding
  Histogram queue_seconds;       ///< from handed over to a writer's connection
  Histogram copy_seconds;        ///< from the query sent to its last statement's answer
  Histogram commit_seconds;      ///< from there to the commit's answer
  Histogram end_to_end_seconds;  ///< of each message: from its record timestamp to its commit

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<TopicCounters>> topics_ LOOM_GUARDED_BY(mutex_);
  Retries retries_ LOOM_GUARDED_BY(mutex_);
};

}  // namespace loom::pipeline
