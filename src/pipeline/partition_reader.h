#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "base/log_policies.h"
#include "base/message.h"
#include "batch/batch.h"
#include "batch/outcome.h"
#include "pipeline/log_inspection.h"
#include "pipeline/partition_ledger.h"
#include "pipeline/silence.h"
#include "source/partition_source.h"

namespace loom::pipeline {

/// What a reader came upon instead of a message to take.
enum class Step : std::uint8_t {
  nothing,      ///< nothing is waiting: its source says when there is
  not_yet,      ///< its position cannot be set now: try again soon
  passed,       ///< something that is not to be stored; read on
  doubted,      ///< likewise: what comes next may be of another log; what was taken goes out first
  outdated,     ///< likewise: a message that was taken before
  gap_doubted,  ///< likewise: a gap right after the position was set, which is fetched a second time
  moved_on,     ///< no message, but an offset to store: only control records were left
  new_log       ///< the log has become another one: what was taken is to be stored now, and nothing more is read
};
/// Messages that retention removed before they were stored. The offset after them is to be stored.
struct LostToRetention {
  std::int64_t messages = 0;
};
/// Records that were stored and that the log has lost: others take their offsets. The log is another one from now on.
struct Replaced {
  std::int64_t records = 0;
};
/// An operator has to decide, for this reason; nothing is read meanwhile.
struct DecisionWanted {
  std::string why;
};
using Reading = std::variant<Message, Step, LostToRetention, Replaced, DecisionWanted>;

/// One assigned partition in a worker's hands: reads its messages in order, knows what of them is stored, and finds out
/// what became of the log where that does not fit.
///
///   read(): position to be set? -> seek, to the newest record that is remembered
///           -> take from the source -> the ledger checks the offset -> the message, or what else it was
///           a gap, out of range, the database stands elsewhere -> another position is to be set
///           the log is in doubt -> what was taken goes out; then the position is set anew
///           another record than the one that is remembered, or none, or the log too short -> inspection:
///             older records are looked up, until one is the same: the log parted right after it, or nobody knows where
///             none is the same, and the log's first record is younger than the last one stored: a new log
///
/// Reading on goes through fetch_next() alone, and what has to be seen there before it is believed is decided by
/// PartitionLedger::wants_record_before() alone.
/// Threads: its lane's worker only.
/// Owns:    the source, the ledger, and where the source still has to be set.
/// Blocks:  read(), up to some seconds, where the source has to seek or the broker is asked for its watermarks.
class PartitionReader {
 public:
  /// The source stands, or will, at the ledger's position().
  /// `decision`: what an operator has to decide before anything is read; empty: nothing.
  PartitionReader(std::unique_ptr<source::PartitionSource> source, PartitionLedger ledger, std::string decision = "");

  [[nodiscard]] const std::string& topic() const { return source_->topic(); }
  [[nodiscard]] std::int32_t partition() const { return ledger_.partition(); }
  [[nodiscard]] const PartitionLedger& ledger() const { return ledger_; }
  /// Messages that wait, by what the client last heard.
  [[nodiscard]] std::int64_t backlog() const { return source_->backlog(ledger_.next()); }

  // Reading
  /// One step. `policies`: what is done where messages are gone from the log, or it is another one. `silence`: of its
  /// topic.
  Reading read(const Clock& clock, const LogPolicies& policies, Silence& silence);
  /// Nothing is read now: it is being given up, its stored position is to be set anew first, an operator has to decide,
  /// or what was taken before the log came into doubt has to go out.
  [[nodiscard]] bool closed() const {
    return leaving_ || new_start_ || needs_decision() || (doubted_ && ledger_.has_growth());
  }
  /// Something waits in its source, since now at the latest.
  void note_ready(TimePoint now) {
    if (empty_ && !came_at_) came_at_ = now;
  }
  /// There is something to find out although nothing is waiting.
  [[nodiscard]] bool in_doubt() const { return !closed() && !seek_pending() && source_->in_doubt(); }
  /// Before anything else is read, the source's position has to be set.
  [[nodiscard]] bool seek_pending() const { return seek_to_ || doubted_; }
  /// Records are looked up, to tell what became of the log.
  [[nodiscard]] bool inspecting() const { return inspection_ || looks_at_first_; }
  /// What an operator has to decide before reading goes on; empty: nothing.
  [[nodiscard]] const std::string& decision() const { return decision_; }
  [[nodiscard]] bool needs_decision() const { return !decision_.empty(); }
  /// The database says that an operator has to decide.
  void await_decision(std::string what) { decision_ = std::move(what); }
  /// The log is a new one, or had lost what was wanted: the stored position is to be set here, under a new epoch.
  [[nodiscard]] std::optional<std::int64_t> new_start() const { return new_start_; }

  // Batches
  /// What the growing batch covers of this partition goes out; `last` of its messages is the last of this partition.
  batch::OffsetRange hand_over(const Message* last) { return ledger_.hand_over(last, source_->leader_epoch()); }
  /// The database has this range. Nothing happens when it is not the one in flight.
  void mark_stored(const batch::OffsetRange& range) { ledger_.mark_stored(range); }
  /// Everything from `range` on is fetched anew.
  void take_again(const batch::OffsetRange& range);
  /// The database stands elsewhere: everything after that is forgotten, and fetched anew.
  void go_back(const batch::StoredOffset& to);

  // Coming and leaving
  /// It is in a worker's hands now. `id`: unique there; `ready`: see PartitionSource::on_ready().
  void arrive(std::uint64_t id, std::function<void()> ready) {
    id_ = id;
    leaving_ = false;
    source_->on_ready(std::move(ready));
  }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const source::PartitionSource& source() const { return *source_; }
  /// Nobody is told any more that something waits.
  void depart() { source_->on_ready({}); }
  /// It is given up: not read any more, and done() once its rows are stored.
  void leave() { leaving_ = true; }
  [[nodiscard]] bool leaving() const { return leaving_; }
  [[nodiscard]] bool done() const { return leaving_ && ledger_.settled(); }

 private:
  [[nodiscard]] bool seek(const Clock& clock);
  void go_to(std::int64_t offset, std::int32_t leader_epoch = -1) {
    seek_to_ = offset;
    seek_epoch_ = leader_epoch;
  }
  void fetch_next(bool second_look = false);

  [[nodiscard]] bool follows_silence(const Clock& clock, Silence& silence);
  Reading doubt(const std::string& why);
  Reading check(Message&& message, const LogPolicies& policies);
  Reading act_on(NextOffset standing, const LogPolicies& policies);
  Reading reach_end(std::int64_t position, const Clock& clock, const LogPolicies& policies);
  Reading out_of_range(const source::OffsetOutOfRange& range, const Clock& clock, const LogPolicies& policies);
  Reading lose_to_retention(const source::Watermarks& marks, const LogPolicies& policies);

  Reading short_log(const std::string& why, const Clock& clock, const LogPolicies& policies);
  Reading inspect(const std::string& why, const LogPolicies& policies);
  Reading go_on_inspecting(const LogPolicies& policies);
  Reading conclude(const LogInspection::Finding& finding, const LogPolicies& policies);
  Reading undecided(const LogInspection::Finding& finding, const LogPolicies& policies);
  Reading saw_first(const Message& first, const LogPolicies& policies);
  Reading begin_anew(std::int64_t at, const std::string& why, OutOfRange policy);
  Reading resume_at(std::int64_t at, const LogPolicies& policies);
  Reading ask_operator(std::string what);

  std::uint64_t id_ = 0;
  std::unique_ptr<source::PartitionSource> source_;
  PartitionLedger ledger_;
  std::optional<std::int64_t> seek_to_;
  std::int32_t seek_epoch_ = -1;           // see PartitionSource::seek()
  TimePoint seek_after_{};                 // but not earlier
  std::optional<std::int64_t> new_start_;  // see new_start()
  std::string decision_;                   // see decision()
  std::optional<LogInspection> inspection_;
  std::optional<std::int64_t> parted_at_;  // as the broker said
  std::int64_t log_start_ = 0;             // when the inspection began
  std::string suspicion_;                  // why it did
  int beyond_end_ = 0;                     // how often in a row the log seemed to end before next()
  bool empty_ = false;                     // nothing was waiting when it was looked at last
  std::optional<TimePoint> came_at_;       // something came after that
  std::uint64_t silences_seen_ = 0;        // see Silence::ended()
  bool looks_at_first_ = false;            // the log's first record is fetched: the last that can tell a new log
  bool doubted_ = false;                   // the source is to be set anew as soon as what was taken is out
  bool leaving_ = false;
};

}  // namespace loom::pipeline
