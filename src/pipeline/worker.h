#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "batch/sink.h"
#include "pipeline/context.h"
#include "pipeline/lane.h"
#include "pipeline/mailbox.h"
#include "pipeline/plan_provider.h"

namespace loom::pipeline {

/// What a worker holds, as it was at most a tenth of a second ago.
struct PartitionView {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t stored = 0;
  std::int64_t next = 0;
  std::int64_t epoch = 0;
  std::int64_t backlog = 0;             ///< messages after `next`, by what the client last heard
  std::int64_t first_unstored_ms = -1;  ///< record timestamp of the message at `stored`, when it is in hand
  bool leaving = false;
  /// All of it is stored, and the log has become another one: its stored position is to be set here.
  std::optional<std::int64_t> new_start;
  RecordMarks marks;     ///< with new_start: of the log before it
  std::string decision;  ///< what an operator has to decide before it is read; empty: nothing
};
struct LaneView {
  std::string topic;
  LaneState state = LaneState::waiting_for_plan;
  std::string reason;
  std::string long_trouble;            ///< what is tried again for long, while it is not stopped; empty: nothing
  std::optional<Trouble> trouble;      ///< what keeps it from being stored
  std::optional<TimePoint> out_since;  ///< when the batch that is out was handed over
  TimePoint next_try{};                ///< while it is stopped
  std::shared_ptr<const mapping::TopicPlan> plan;  ///< nullptr: it never had one
};
struct WorkerView {
  std::vector<PartitionView> partitions;
  std::vector<LaneView> lanes;
};

struct WorkerSettings {
  LaneSettings lane;
  std::size_t turn = 500;  ///< messages taken from one partition before the next has its turn
};

/// Takes messages from its partitions, encodes them, and sends batches to the sink.
///
///   read the letters (partitions come and go, batches are settled, plans arrive)
///   -> each partition with input has a turn: take, decode, add to its topic's batch
///   -> hand over the batches that are due
///   -> sleep until a letter comes or a batch becomes due
///
/// Threads: one runs step(); post-like members (add_partition, release, reconfigure, audit, view) from any thread.
/// Owns:    its lanes, and through them partitions and batches.
/// Blocks:  in wait() only; a seek may take a second.
class Worker {
 public:
  /// Called when a released partition's rows are all committed, or it was discarded. On the worker's thread; quick.
  using Released = std::function<void(std::unique_ptr<PartitionReader>)>;

  Worker(const WorkerSettings& settings, const Context& context, batch::Sink& sink, PlanProvider& plans,
         Released released);

  void add_partition(std::unique_ptr<PartitionReader> reader);
  /// The partition is not read any more and comes back through Released: at once with its uncommitted rows forgotten
  /// when `discard`, else after they are committed.
  void release(std::string topic, std::int32_t partition, bool discard);
  [[nodiscard]] WorkerView view() const;
  /// Other settings, and another mapping file behind the plans: topics whose plans differ go on by the new ones,
  /// between two batches. A topic without a mapping now keeps the plan that it has until its partitions are revoked.
  void reconfigure(const WorkerSettings& settings);
  /// What the database has for a partition whose `stored` was `believed` before it was asked; see Lane::audit().
  void audit(std::string topic, std::int32_t partition, std::int64_t believed,
             std::optional<batch::StoredOffset> found);

  /// A schema that somebody wanted is known now, or known not to be.
  void schemas_changed() {
    // However many schemas came, the lanes look once.
    if (!schemas_news_.exchange(true)) letters_.post(SchemasChanged{});
  }

  /// How long the present step() has been running: far more than a second means that it hangs. Zero between steps.
  [[nodiscard]] Duration stepping() const;

  /// One round without waiting; returns when the next is due at the latest (now when there is more to do).
  TimePoint step();
  /// Sleeps until `until`, or until a letter comes.
  void wait(TimePoint until) { letters_.wait_until(until); }
  /// Makes wait() return, once.
  void wake() { letters_.post(Wake{}); }

 private:
  struct AddPartition {
    std::unique_ptr<PartitionReader> reader;
  };
  struct Release {
    std::string topic;
    std::int32_t partition;
    bool discard;
  };
  struct PlanArrived {
    std::string topic;
    PlanAnswer answer;
  };
  struct Settled {
    std::string topic;
    batch::WriteReply reply;
  };
  struct Audit {
    std::string topic;
    std::int32_t partition;
    std::int64_t believed;
    std::optional<batch::StoredOffset> found;
  };
  struct Reconfigure {
    WorkerSettings settings;
  };
  struct PlanChanged {
    std::string topic;
    PlanAnswer answer;
  };
  struct Ready {
    std::uint64_t partition_id;
  };
  struct SchemasChanged {};
  struct Wake {};
  using Letter = std::variant<AddPartition, Release, PlanArrived, Settled, Audit, Reconfigure, PlanChanged, Ready,
                              SchemasChanged, Wake>;

  TimePoint take_step();
  void read(AddPartition letter);
  void read(const Release& letter);
  void read(PlanArrived letter);
  void read(Settled letter);
  void read(const Audit& letter);
  void read(const Reconfigure& letter);
  void read(PlanChanged letter);
  void read(Ready letter);
  void read(SchemasChanged letter);
  void read(Wake /*letter*/) {}  // being read is all that it is for

  /// Where a partition is found, and its turns.
  struct Place {
    Lane* lane = nullptr;
    std::int32_t partition = 0;
    double share = 1;      ///< of a full turn, see turn_share()
    bool in_line = false;  ///< it stands in line_
  };
  Lane& lane(const std::string& topic);
  void line_up(Place& place);
  bool give_turns();
  bool give_turn(Place& place);
  void give_back(std::unique_ptr<PartitionReader> reader);
  TimePoint tend(Lane& lane);
  void send_due(Lane& lane);
  [[nodiscard]] bool input_waiting(const Lane& lane) const;
  void share_turns(const Lane& lane);
  void line_up_doubtful(const Lane& lane);
  void publish(TimePoint now);

  // Constant after construction
  const Context context_;
  batch::Sink& sink_;
  PlanProvider& plans_;
  const Released released_;

  // Own synchronisation
  Mailbox<Letter> letters_;
  std::atomic<bool> schemas_news_{false};                // a letter about them is under way
  std::atomic<TimePoint> step_began_{TimePoint::max()};  // max: not stepping

  // The stepping thread's
  WorkerSettings settings_;
  std::vector<Letter> collected_;  // of this step; empty between steps
  std::map<std::string, std::unique_ptr<Lane>> lanes_;
  std::unordered_map<std::uint64_t, Place> places_;  // by the reader's id
  std::deque<Place*> line_;                          // partitions that may have input, in order of their turns
  std::uint64_t next_id_ = 1;
  TimePoint published_{};

  mutable Mutex view_mutex_;
  WorkerView view_ LOOM_GUARDED_BY(view_mutex_);
};

}  // namespace loom::pipeline
