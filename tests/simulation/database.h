#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/record_marks.h"
#include "batch/sink.h"
#include "log.h"
#include "random.h"

namespace loom::simulation {

using Where = std::pair<std::string, std::int32_t>;

/// What one query string holds, read out of a batch, so that it can outlive it: a backend may still be at work on it
/// when its client has long given up.
struct Transaction {
  std::string topic;
  std::vector<batch::OffsetRange> ranges;
  std::map<std::int32_t, std::vector<std::int64_t>> offsets;  ///< of the messages, by partition
  std::map<std::int32_t, std::vector<std::int64_t>> ids;      ///< likewise
  std::vector<std::int64_t> row_ids;
  std::vector<std::pair<std::int32_t, std::int64_t>> dead_letters;  ///< partition, offset
};

/// Fails the running test when a row is not its message's.
Transaction transaction_of(const batch::Batch& batch);

/// PostgreSQL as far as the pipeline can tell: compare-and-advance with the rows, all or nothing; and a crash that
/// forgets the last commits, as synchronous_commit = off allows.
class SimulatedDatabase {
 public:
  struct Position {
    std::int64_t next = 0;
    std::int64_t epoch = 0;
    RecordMarks marks{};
    std::size_t version = 0;  ///< of the log that `next` belongs to
  };

  explicit SimulatedDatabase(const std::map<Where, Log>& logs) : logs_(logs) {}

  /// Commits it, or says why not. Fails the running test when it does not hold exactly the records of
  /// its ranges: then an offset would be stored without its row, or a row twice.
  batch::Outcome apply(const Transaction& transaction);
  /// The partition's position, made when there is none; no crash forgets it (it is committed synchronously).
  Position claim(const Where& where);
  [[nodiscard]] const Position* find(const Where& where) const;
  void crash(Random& random);
  void reset_offset(const Where& where, std::int64_t offset);
  /// The partition goes on where the log is no longer the one that was stored; the rows stay. Fails the running test
  /// when `at` is not there: records would be stored twice, or never. Nothing happens when the position is not this
  /// one.
  void restart(const Where& where, std::int64_t stored, std::int64_t epoch, std::int64_t at, RecordMarks marks);
  /// What an operator decides who knows where that is.
  void decide(const Where& where, std::int64_t stored, std::int64_t epoch);

  /// Empty when every record of every log is stored exactly once; else what is wrong.
  [[nodiscard]] std::string verdict() const;
  [[nodiscard]] bool drained() const;

 private:
  struct State {
    std::map<Where, Position> positions;
    std::map<std::int64_t, int> rows;          // id -> times
    std::map<std::int64_t, int> dead_letters;  // id -> times
  };

  void store(const Transaction& transaction);
  [[nodiscard]] std::optional<std::size_t> version_of(const Where& where, const batch::OffsetRange& range,
                                                      const Transaction& transaction) const;
  void forget(const Where& where, std::int64_t from);

  const std::map<Where, Log>& logs_;
  State state_;
  std::vector<State> flushed_;  // what a crash may go back to, newest last
};

/// Takes batches and lets the simulation decide when and how each ends.
class SimulatedSink final : public batch::Sink {
 public:
  struct Job {
    std::unique_ptr<batch::Batch> batch;
    Reply reply;
  };
  void submit(std::unique_ptr<batch::Batch> batch, Reply reply) override {
    jobs.push_back({std::move(batch), std::move(reply)});
  }
  std::vector<Job> jobs;
};

}  // namespace loom::simulation
