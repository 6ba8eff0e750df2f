#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "source/client_statistics.h"
#include "source/connections.h"
#include "source/fetch_waker.h"
#include "source/handles.h"
#include "source/partition_source.h"

namespace loom::source {

struct ClientSettings {
  std::string bootstrap_servers;
  std::string group_id;
  std::map<std::string, std::string>
      properties;              ///< librdkafka properties of the user's own; they win over our defaults
  std::size_t partitions = 1;  ///< that this member may get, at most: the prefetch budget is divided by it

  /// Messages that librdkafka prefetches of each partition, and how few of them are a reason to fetch again.
  [[nodiscard]] std::size_t prefetch_messages() const;
  [[nodiscard]] std::size_t low_water() const { return prefetch_messages() / 2; }
  bool operator==(const ClientSettings&) const = default;
};

struct TopicOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = -1;        ///< -1: none
  std::int32_t leader_epoch = -1;  ///< of the record there, where assign() takes it; -1: not known
};

struct Assigned {
  std::vector<TopicOffset> partitions;
};
struct Revoked {
  std::vector<TopicOffset> partitions;
  bool lost = false;  ///< another member owns them already
};
/// The client cannot go on (a fenced instance id, for one): it has to be made anew.
struct FatalError {
  std::string message;
};
using GroupEvent = std::variant<std::monostate, Assigned, Revoked, FatalError>;

/// How many partitions the wanted ones of the cluster's topics have. Nothing when no broker answers.
std::optional<std::size_t> count_partitions(const ClientSettings& settings,
                                            const std::function<bool(const std::string&)>& wanted,
                                            std::chrono::milliseconds timeout);

/// One member of a consumer group. Rebalances come as events and wait for assign() or unassign(), so that the caller
/// can look up positions, or let batches finish, without sitting in a callback.
/// Threads: one at a time, but open() sources belong to their workers, and statistics() is for any.
/// Owns:    the librdkafka client; every source of open() must be gone before it is destroyed.
/// Blocks:  poll() and the calls with a timeout, up to that.
/// Fails:   RefusedProperty from the constructor.
class GroupClient {
 public:
  explicit GroupClient(const ClientSettings& settings);
  ~GroupClient();
  GroupClient(const GroupClient&) = delete;
  GroupClient& operator=(const GroupClient&) = delete;

  /// Topic names, or, where it knows_patterns(), regular expressions that start with `^`.
  void subscribe(const std::vector<std::string>& topics);
  /// False with group.protocol=consumer (KIP-848): the broker matches patterns itself, by other expressions and whole
  /// names only. Whoever has patterns then subscribes to what it finds.
  [[nodiscard]] bool knows_patterns() const { return knows_patterns_; }
  /// The names of the cluster's topics that are wanted. Nothing when no broker answers.
  std::optional<std::vector<std::string>> find_topics(const std::function<bool(const std::string&)>& wanted,
                                                      std::chrono::milliseconds timeout);
  /// The partitions of the wanted topics, without offsets. Nothing when no broker answers.
  std::optional<std::vector<TopicOffset>> find_partitions(const std::function<bool(const std::string&)>& wanted,
                                                          std::chrono::milliseconds timeout);
  /// Leaves the group, as long as there is nothing to subscribe to.
  void unsubscribe();
  GroupEvent poll(std::chrono::milliseconds timeout);

  /// The partition's queue, split from the client's. To be called before assign().
  std::unique_ptr<PartitionSource> open(const std::string& topic, std::int32_t partition);
  /// Answers Assigned: starts fetching each at its offset.
  void assign(const std::vector<TopicOffset>& partitions);
  /// Answers Revoked.
  void unassign(const std::vector<TopicOffset>& partitions);

  /// What the group has committed in Kafka; offset -1 where nothing. Nothing at all when the broker does not answer.
  std::optional<std::vector<TopicOffset>> committed(const std::vector<TopicOffset>& partitions,
                                                    std::chrono::milliseconds timeout);
  /// First offset of each partition's log, or the one after its last.
  std::optional<std::vector<TopicOffset>> log_bound(const std::vector<TopicOffset>& partitions, bool end,
                                                    std::chrono::milliseconds timeout);
  /// Gives Kafka a copy of the stored offsets, and does not wait for the answer.
  void mirror(const std::vector<TopicOffset>& offsets);
  /// How many partitions the wanted ones of the cluster's topics have. Nothing when the broker does not answer.
  std::optional<std::size_t> count_partitions(const std::function<bool(const std::string&)>& wanted,
                                              std::chrono::milliseconds timeout);

  /// Leaves the group; events go on coming from poll() until closed().
  void close();
  [[nodiscard]] bool closed() const;

  [[nodiscard]] std::string member_id() const;
  /// The properties that tell how it consumes, as librdkafka has them in use; none that could be a secret.
  [[nodiscard]] const std::map<std::string, std::string>& properties() const { return properties_; }

  /// The last that poll() has heard, at most statistics.interval.ms old; nothing before the first.
  [[nodiscard]] std::optional<ClientStatistics> statistics() const;

 private:
  [[nodiscard]] bool cooperative() const;
  GroupEvent read(const rd_kafka_event_t* event);

  void report_missing();
  void keep_statistics(const char* json);

  Connections connections_;  // the client's threads use it
  rd_kafka_t* client_ = nullptr;
  QueueHandle queue_;
  std::unique_ptr<FetchWaker> waker_;  // with librdkafka before 2.2
  std::size_t low_water_ = 0;
  bool knows_patterns_ = true;
  std::map<std::string, std::string> properties_;
  mutable Mutex statistics_mutex_;
  std::optional<ClientStatistics> statistics_ LOOM_GUARDED_BY(statistics_mutex_);
  std::vector<std::string> missing_;  // topics that the broker does not have, to be reported in one line
};

}  // namespace loom::source
