#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/message.h"
#include "base/out_of_range.h"
#include "batch/batch.h"
#include "batch/outcome.h"
#include "pipeline/partition_ledger.h"
#include "source/partition_source.h"

namespace loom::pipeline {

/// What a reader came upon instead of a message to take.
enum class Step : std::uint8_t {
  nothing,      ///< nothing is waiting: its source says when there is
  not_yet,      ///< its position cannot be set now: try again soon
  passed,       ///< something that is not to be stored; read on
  outdated,     ///< likewise: a message that was taken before
  gap_doubted,  ///< likewise: a gap right after the position was set, which is fetched a second time
  moved_on,     ///< no message, but an offset to store: only control records were left
  new_log       ///< the log has become another one: what was taken is to be stored now, and nothing more is read
};
/// Messages that retention removed before they were stored. The offset after them is to be stored.
struct LostToRetention {
  std::int64_t messages = 0;
};
/// The topic has to stop, for this reason.
struct StopWanted {
  std::string why;
};
using Reading = std::variant<Message, Step, LostToRetention, StopWanted>;

/// One assigned partition in a worker's hands: reads its messages in order, knows what of them is stored, and finds out
/// what became of the log where that does not fit.
///
///   read(): position to be set? -> seek
///           -> take from the source -> the ledger checks the offset -> the message, or what else it was
///           a gap, out of range, the database stands elsewhere -> another position is to be set
///           another record than the one that was stored, the log too short -> the log's first record is looked at:
///             it is younger than the last one stored: a new log; else an operator has to decide
///
/// Reading on goes through fetch_next() alone, and what has to be seen there before it is believed is decided by
/// PartitionLedger::wants_record_before() alone.
/// Threads: its lane's worker only.
/// Owns:    the source, the ledger, and where the source still has to be set.
/// Blocks:  read(), up to some seconds, where the source has to seek or the broker is asked for its watermarks.
class PartitionReader {
 public:
  /// `id`: unique in the worker; its ready signals carry it. The source stands, or will, at the ledger's position().
  PartitionReader(std::uint64_t id, std::unique_ptr<source::PartitionSource> source, const PartitionLedger& ledger)
      : id_(id), source_(std::move(source)), ledger_(ledger) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::int32_t partition() const { return ledger_.partition(); }
  [[nodiscard]] const PartitionLedger& ledger() const { return ledger_; }
  /// Messages that wait, by what the client last heard.
  [[nodiscard]] std::int64_t backlog() const { return source_->backlog(ledger_.next()); }

  // Reading
  /// One step. `policy`: what is done where messages are gone from the log.
  Reading read(const Clock& clock, OutOfRange policy);
  /// Nothing is read any more: it is being given up, or its stored position is to be set anew first.
  [[nodiscard]] bool closed() const { return leaving_ || new_start_; }
  /// Before anything else is read, the source's position has to be set.
  [[nodiscard]] bool seek_pending() const { return seek_to_.has_value(); }
  /// The log's first record is fetched, to tell what became of the log.
  [[nodiscard]] bool inspecting() const { return inspecting_; }
  /// The log is a new one, or had lost what was wanted: the stored position is to be set here, under a new epoch.
  [[nodiscard]] std::optional<std::int64_t> new_start() const { return new_start_; }

  // Batches
  /// What the growing batch covers of this partition goes out.
  batch::OffsetRange hand_over();
  /// The database has this range. Nothing happens when it is not the one in flight.
  void mark_stored(const batch::OffsetRange& range) { ledger_.mark_stored(range); }
  /// Everything from `range` on is fetched anew.
  void take_again(const batch::OffsetRange& range);
  /// The database stands elsewhere: everything after that is forgotten, and fetched anew.
  void go_back(const batch::StoredOffset& to);

  // Leaving
  /// It is given up: not read any more, and done() once its rows are stored.
  void leave() { leaving_ = true; }
  [[nodiscard]] bool leaving() const { return leaving_; }
  [[nodiscard]] bool done() const { return leaving_ && ledger_.settled(); }
  /// The source, for whoever reads it next. The reader is of no more use then.
  std::unique_ptr<source::PartitionSource> release_source() { return std::move(source_); }

 private:
  [[nodiscard]] bool seek(const Clock& clock);
  void go_to(std::int64_t offset) { seek_to_ = offset; }
  void fetch_next();

  std::optional<Step> check(std::int64_t offset, std::int64_t timestamp_ms);
  Reading reach_end(std::int64_t position, OutOfRange policy);
  Reading out_of_range(const std::string& message, const Clock& clock, OutOfRange policy);
  Reading lose_to_retention(const source::Watermarks& marks, OutOfRange policy);
  void inspect(std::int64_t first, const std::string& why);
  Reading inspected(const Message& first, OutOfRange policy);
  Reading begin_anew(std::int64_t at, const std::string& why, OutOfRange policy);

  std::uint64_t id_;
  std::unique_ptr<source::PartitionSource> source_;
  PartitionLedger ledger_;
  std::optional<std::int64_t> seek_to_;
  TimePoint seek_after_{};                 // but not earlier
  std::optional<std::int64_t> new_start_;  // see new_start()
  int beyond_end_ = 0;                     // how often in a row the broker said that its log ends before next()
  bool inspecting_ = false;
  bool leaving_ = false;
};

}  // namespace loom::pipeline
