#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/kafka_processes.h"

namespace loom::testing {

/// One record to send.
struct TestRecord {
  std::optional<std::string> value;  ///< nothing: a tombstone
  std::string key;
  std::int32_t partition = -1;  ///< -1: by key
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;  ///< 0: now
};

/// Three brokers with the ids 1, 2 and 3, and the topics that are created there.
struct KafkaClusterSettings {
  int copies = 3;                                              ///< of each partition
  std::vector<std::pair<std::string, std::string>> of_topics;  ///< settings: `{"min.insync.replicas", "2"}`
};

/// Where a partition stands in the cluster, by broker ids.
struct PartitionPlace {
  std::int32_t leader = -1;  ///< -1: none
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
};

/// A real Kafka broker, or a cluster of several, started through scripts/servers.sh in a temporary folder, or the one
/// that LOOM_TEST_KAFKA_BOOTSTRAP names. Ready when the constructor returns; its process ends in the destructor, or
/// soon after the test's.
/// Threads: one at a time (bootstrap() any).  Blocks: starting takes about 5 s.
/// Fails:   std::runtime_error; the script has then shown the end of the broker's log on stderr.
class KafkaServer {
 public:
  enum class Kind {
    own,        ///< a broker of this test's, which may be killed
    shareable,  ///< LOOM_TEST_KAFKA_BOOTSTRAP where it is set
  };
  explicit KafkaServer(Kind kind = Kind::own);
  /// One of this test's own.
  explicit KafkaServer(const KafkaSettings& settings);
  /// The cluster in the folder LOOM_TEST_KAFKA_CLUSTER, whole again whatever a test before has done to it; where that
  /// is not set, one of this test's own.
  explicit KafkaServer(KafkaClusterSettings settings);
  ~KafkaServer();
  KafkaServer(const KafkaServer&) = delete;
  KafkaServer& operator=(const KafkaServer&) = delete;

  /// The one that all tests of this program may share: started at first use, or not at all where one is given.
  static KafkaServer& shared();

  [[nodiscard]] const std::string& bootstrap() const { return processes_.bootstrap(); }
  /// Where a further listener is bound: HOST:PORT.
  [[nodiscard]] std::string address(const std::string& listener) const { return processes_.address(listener); }

  // Own brokers only: see KafkaProcesses
  void kill9(int broker = 1) { processes_.kill9(broker); }
  void stop(int broker = 1) { processes_.stop(broker); }
  void restart(int broker = 1) { processes_.restart(broker); }
  void restart_all() { processes_.start(); }
  void freeze(int broker = 1) const { processes_.freeze(broker); }
  void thaw(int broker = 1) const { processes_.thaw(broker); }
  [[nodiscard]] bool runs(int broker) const { return processes_.runs(broker); }
  [[nodiscard]] int brokers() const { return processes_.brokers(); }
  void cut_log(const std::string& topic, std::int32_t partition, std::int64_t end);
  /// Runs one of Kafka's own tools (see scripts/kafka-tool.sh); returns what it printed.
  std::string tool(std::vector<std::string> arguments) const { return processes_.tool(std::move(arguments)); }

  /// Returns when every broker that runs knows the topic with all its partitions: a producer that has seen a topic and
  /// then asks a broker that does not know it yet gives up what it was to send.
  void create_topic(const std::string& topic, int partitions);
  /// The same for many at once.
  void create_topics(const std::vector<std::string>& topics, int partitions);
  void delete_topic(const std::string& topic);
  void grow_topic(const std::string& topic, int partitions);
  /// As retention would: the partition's log begins at `first` from now on.
  void delete_records(const std::string& topic, std::int32_t partition, std::int64_t first);
  /// An empty group with all its offsets.
  void delete_group(const std::string& group);

  /// A name that no other test has used, with a topic of that name behind it.
  std::string new_topic(const std::string& prefix, int partitions);

  /// Returns when all are acknowledged.
  void produce(const std::string& topic, const std::vector<TestRecord>& records);
  /// The same in a transaction, which leaves a control record at the end of each partition written to.
  void produce_transaction(const std::string& topic, const std::vector<TestRecord>& records, bool commit);

  /// By what one of the brokers that are up knows.
  PartitionPlace place_of(const std::string& topic, std::int32_t partition);
  /// The broker that coordinates the group; -1: none says so.
  std::int32_t coordinator_of(const std::string& group);
  /// The offset after the partition's last record.
  std::int64_t end_offset(const std::string& topic, std::int32_t partition);

 private:
  struct Client;
  Client& client();
  void await_partitions(const std::string& topic, int partitions);

  KafkaProcesses processes_;
  KafkaClusterSettings cluster_{.copies = 1, .of_topics = {}};
  std::unique_ptr<Client> client_;
};

/// A name that no other test of this machine uses at the moment.
std::string unique_name(const std::string& prefix);

/// True as soon as `condition` is; false when `patience` is over.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds(30));

void pause_between_looks();

template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    pause_between_looks();
  }
  return true;
}

}  // namespace loom::testing
