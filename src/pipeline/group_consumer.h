#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "batch/sink.h"
#include "pipeline/context.h"
#include "pipeline/mailbox.h"
#include "pipeline/plan_provider.h"
#include "pipeline/worker.h"
#include "sink/offset_store.h"
#include "source/group_client.h"

namespace loom::pipeline {

struct ConsumerSettings {
  source::ClientSettings client;
  std::vector<std::string> topics;
  WorkerSettings worker;
  std::size_t workers = 1;
  std::chrono::milliseconds mirror_every{5000};    ///< committed offsets are checked and given to Kafka this often
  std::chrono::milliseconds release_within{5000};  ///< a revocation waits this long for batches in flight
  bool new_at_end = false;  ///< partitions that nobody ever consumed begin at their end, not with their first message
};

/// The member of the consumer group and its workers: who reads which partition, from where, and until when.
///
///   poll the group -> assigned: stored offset, else Kafka's, else the first; row in the database; then fetch
///                  -> revoked: let batches finish (5 s), then let go; lost: forget at once
///   now and then   -> move partitions between workers; copy the stored offsets to Kafka; ask the database whether it
///                     still has what it committed
///
/// A rebalance whose positions the database cannot tell now waits, member of the group, until it can.
/// Threads: start(), stop() and view() from any one; inside, one thread for the group and one per worker.
/// Owns:    the Kafka client, the workers and their threads.
/// Blocks:  stop(), up to about 8 s, whatever broker and database do.
class GroupConsumer {
 public:
  GroupConsumer(ConsumerSettings settings, const Context& context, batch::Sink& sink, PlanProvider& plans,
                sink::OffsetStore& offsets);
  ~GroupConsumer();
  GroupConsumer(const GroupConsumer&) = delete;
  GroupConsumer& operator=(const GroupConsumer&) = delete;

  void start();
  /// Flushes what was taken, leaves the group, and ends all threads.
  void stop();
  [[nodiscard]] WorkerView view() const;
  /// Whether some worker has been in one step for so long that it will not come back by itself.
  [[nodiscard]] bool stuck() const;

 private:
  struct Owned {
    std::size_t worker = 0;
    std::optional<std::size_t> moving_to;
    std::int64_t mirrored = -1;  ///< what Kafka was last told
  };
  struct Returned {
    std::unique_ptr<source::PartitionSource> source;
    PartitionLedger ledger;
  };
  using Partitions = std::vector<source::TopicOffset>;

  void run();
  void run_worker(Worker& worker);
  void serve(source::GroupEvent event);
  void take_assignment();
  using Positions = std::vector<sink::StoredPosition>;
  [[nodiscard]] std::optional<Positions> positions(const Partitions& partitions);
  [[nodiscard]] std::optional<Positions> first_positions(const Partitions& fresh);
  void compare_with_kafka(const Positions& positions);
  void restart_partitions(const std::vector<WorkerView>& views);
  void give_up(const Partitions& partitions, bool lost);
  void wait_returned(const Partitions& partitions, TimePoint until);
  void read_returned();
  void rebalance_workers();
  void mirror();
  void audit();
  void leave();
  [[nodiscard]] std::size_t lightest_worker() const;
  [[nodiscard]] Partitions all_owned() const;

  // Constant after construction
  const ConsumerSettings settings_;
  const Context context_;
  const Clock& clock_;
  sink::OffsetStore& offsets_;

  std::vector<std::unique_ptr<Worker>> workers_;
  Mailbox<Returned> returned_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> workers_stopping_{false};

  // The group thread's
  std::unique_ptr<source::GroupClient> client_;
  std::vector<std::unique_ptr<source::GroupClient>> retired_;  // batches in flight may still hold their messages
  std::map<sink::TopicPartition, Owned> owned_;
  std::optional<Partitions> pending_;  // assigned, but not yet taken: the positions are not known
  TimePoint pending_retry_{};
  Backoff pending_backoff_;
  bool fatal_ = false;
  Partitions final_offsets_;  // of partitions just returned, for Kafka
  std::vector<Returned> letters_;

  std::vector<std::thread> threads_;
};

}  // namespace loom::pipeline
