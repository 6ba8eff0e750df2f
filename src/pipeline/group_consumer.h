#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/mutex.h"
#include "batch/sink.h"
#include "pipeline/context.h"
#include "pipeline/mailbox.h"
#include "pipeline/plan_provider.h"
#include "pipeline/worker.h"
#include "sink/offset_store.h"
#include "source/client_statistics.h"
#include "source/group_client.h"

namespace loom::pipeline {

struct ConsumerSettings {
  source::ClientSettings client;
  std::vector<std::string> topics;                       ///< names and patterns
  std::function<bool(const std::string& topic)> mapped;  ///< whether this topic is meant; unset: not known
  /// What leaves topics out that a pattern of `topics` matches, so that only `mapped` tells them; empty: nothing does.
  std::string narrowed_by{};
  WorkerSettings worker;
  std::size_t workers = 1;
  std::string origin = "environment";              ///< who says how to consume, for /status
  std::chrono::milliseconds mirror_every{5000};    ///< committed offsets are checked and given to Kafka this often
  std::chrono::milliseconds release_within{5000};  ///< a revocation waits this long for batches in flight
  bool new_at_end = false;  ///< what is there at the group's first assignment begins at its end, not with its first
                            ///< message
};

/// Whether going from one to the other takes a new Kafka client; else all of it changes in place.
bool needs_new_client(const ConsumerSettings& from, const ConsumerSettings& to);

/// Where the member stands.
enum class GroupState : std::uint8_t {
  starting,
  joining,
  waiting_for_database,  ///< assigned, and the positions cannot be read now
  no_topics,             ///< none of the topics is there yet, so there is no group to join
  consuming,             ///< also with no partition, when there are more members than partitions
  leaving
};
std::string_view to_string(GroupState state);

/// The member as it was at most half a second ago.
struct GroupView {
  GroupState state = GroupState::starting;
  std::string member;  ///< its id; empty until it has joined
  WorkerView work;
  std::optional<source::ClientStatistics> kafka;
  std::map<std::string, std::string> settings;  ///< how it consumes, as it is in effect now
};

/// The member of the consumer group and its workers: who reads which partition, from where, and until when.
///
///   poll the group -> assigned: stored offset, else Kafka's, else the first; row in the database; then fetch
///                  -> revoked: let batches finish (5 s), then let go; lost: forget at once
///   now and then   -> move partitions between workers; copy the stored offsets to Kafka; ask the database whether it
///                     still has what it committed
///
/// A rebalance whose positions the database cannot tell now waits, member of the group, until it can.
/// Threads: start() and stop() from any one, view(), stuck(), failed() and reconfigure() from any; inside, one thread
///          for the group and one per worker.
/// Owns:    the Kafka client, the workers and their threads.
/// Blocks:  stop(), up to about 8 s, whatever broker and database do.
/// Fails:   std::runtime_error from start(), when there can be no such client. Later, when no new client can take the
///          place of one that cannot go on: it is logged, failed() says so, and nothing is read any more.
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
  [[nodiscard]] GroupView view() const;
  /// Other settings, and another mapping file behind the plans; see Worker::reconfigure. Returns at once. Partitions of
  /// topics that are no longer subscribed are given up after what was taken of them is stored.
  void reconfigure(ConsumerSettings settings);
  /// A schema that a topic waits for is known now, or known not to be. From any thread, also before start().
  void schemas_changed();
  /// Whether some worker has been in one step for so long that it will not come back by itself.
  [[nodiscard]] bool stuck() const;
  /// Whether the group's thread has ended with an error: the process has to be started anew.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  struct Owned {
    std::size_t worker = 0;
    std::optional<std::size_t> moving_to;
    std::int64_t mirrored = -1;  ///< what Kafka was last told
  };
  using Partitions = std::vector<source::TopicOffset>;
  static sink::TopicPartition key_of(const source::TopicOffset& at) {
    return {.topic = at.topic, .partition = at.partition};
  }

  void run();
  void consume();
  void begin_again();
  void take_reconfiguration();
  void fit_shares();
  void replace_client(std::unique_ptr<source::GroupClient> fresh);
  void join();
  void close_client();
  void publish();
  void look_for_topics();
  [[nodiscard]] bool resolves_patterns() const;
  [[nodiscard]] std::vector<std::string> subscription() const;
  void subscribe(std::vector<std::string> topics);
  void resolve_patterns();
  [[nodiscard]] WorkerView work() const;
  void run_worker(Worker& worker);
  void serve(source::GroupEvent event);
  void take_assignment();
  using Positions = std::vector<sink::StoredPosition>;
  [[nodiscard]] std::optional<Positions> load_or_claim(const Partitions& partitions);
  [[nodiscard]] std::map<sink::TopicPartition, std::int64_t> dead_letters_ahead(const Positions& positions);
  [[nodiscard]] bool add_those_of_others(const Partitions& own, Positions& first);
  [[nodiscard]] std::optional<Positions> first_positions(const Partitions& fresh, bool at_end);
  void compare_with_kafka(const Positions& positions);
  void store_new_starts(const std::vector<WorkerView>& views);
  void keep_decision(const PartitionView& at, const std::string& known);
  bool give_up(const Partitions& partitions, bool lost);
  void wait_returned(const Partitions& partitions, TimePoint until);
  void read_returned();
  void move_between_workers();
  void mirror();
  void audit();
  void leave();
  [[nodiscard]] std::size_t lightest_worker() const;
  [[nodiscard]] Partitions all_owned() const;

  // Constant after construction
  const Context context_;
  const Clock& clock_;
  sink::OffsetStore& offsets_;  // used by the group's thread only
  std::vector<std::unique_ptr<Worker>> workers_;

  // Own synchronisation
  Mailbox<std::unique_ptr<PartitionReader>> returned_;
  Mailbox<ConsumerSettings> reconfigurations_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> workers_stopping_{false};
  std::atomic<bool> failed_{false};

  // The group thread's while it runs; before that start()'s, after that the destructor's
  ConsumerSettings settings_;
  std::unique_ptr<source::GroupClient> client_;
  std::vector<std::unique_ptr<source::GroupClient>> retired_;  // batches in flight may still hold their messages
  std::map<sink::TopicPartition, Owned> owned_;
  std::optional<Partitions> pending_;  // assigned, but not yet taken: the positions are not known
  TimePoint pending_retry_{};
  Backoff pending_backoff_;
  bool client_failed_ = false;                                   // a new one has to take its place
  Partitions final_offsets_;                                     // of partitions just returned, for Kafka
  std::vector<std::unique_ptr<PartitionReader>> just_returned_;  // empty but within read_returned()
  std::vector<ConsumerSettings> wanted_;                         // empty but within take_reconfiguration()
  bool joined_ = false;                                          // and has been told its partitions
  bool no_topics_ = false;                                       // as long as it has not joined
  std::vector<std::string> subscribed_;                          // what the client was told last
  TimePoint look_for_topics_at_{};
  TimePoint resolve_patterns_at_{};
  TimePoint publish_at_{};

  mutable Mutex view_mutex_;
  GroupView view_ LOOM_GUARDED_BY(view_mutex_);  // but for its `work`

  // The thread's that calls start() and stop()
  std::vector<std::thread> threads_;
};

}  // namespace loom::pipeline
