#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loom::testing {

/// One record to send.
struct TestRecord {
  std::optional<std::string> value;  ///< nothing: a tombstone
  std::string key;
  std::int32_t partition = -1;  ///< -1: by key
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;  ///< 0: now
};

/// One more way into a broker: what it tells its clients may be another address (a proxy's, a name in a certificate).
struct KafkaListener {
  std::string name;                    ///< as TLS
  std::string protocol = "PLAINTEXT";  ///< SSL, SASL_PLAINTEXT, SASL_SSL
  std::string advertised;              ///< HOST or HOST:PORT; "" for 127.0.0.1 and the listener's own port
};

/// What a broker of a test's own has beside what scripts/servers.sh gives each.
struct KafkaSettings {
  std::vector<KafkaListener> listeners;
  std::vector<std::string> properties;  ///< "name=value", for the broker
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

  [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
  /// Where a further listener is bound: HOST:PORT.
  [[nodiscard]] std::string address(const std::string& listener) const;

  // Own brokers only
  /// After kill9() or stop(), restart() brings it back on the same port with the same data; returns when it serves.
  void kill9(int broker = 1);
  void stop(int broker = 1);
  void restart(int broker = 1);
  /// Those that do not run, all at once: one alone waits for the others.
  void restart_all();
  /// After kill9() of a broker that is alone: the partition's log loses its end, as that of a broker that lost what it
  /// had not written yet, or of one that lagged behind and was elected all the same. `end` has to be where records sent
  /// at once ended.
  void cut_log(const std::string& topic, std::int32_t partition, std::int64_t end);
  /// The broker keeps its connections and says nothing, until thaw().
  void freeze(int broker = 1) const;
  void thaw(int broker = 1) const;
  [[nodiscard]] bool runs(int broker) const;
  [[nodiscard]] int brokers() const { return brokers_; }

  /// Returns when the broker knows the topic with all its partitions.
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
  /// Runs one of Kafka's own tools (see scripts/kafka-tool.sh); returns what it printed.
  std::string tool(std::vector<std::string> arguments);

  /// The offset after the partition's last record.
  std::int64_t end_offset(const std::string& topic, std::int32_t partition);

 private:
  struct Client;
  void make_folder();
  void start(const std::vector<std::string>& environment = {});
  [[nodiscard]] std::vector<std::string> start_words(const std::string& folder) const;
  Client& client();
  [[nodiscard]] std::string folder_of(int broker) const;
  [[nodiscard]] pid_t own_pid(const std::string& what, int broker) const;
  [[nodiscard]] int partitions_known(const std::string& topic);
  void await_partitions(const std::string& topic, int partitions);

  std::string folder_;   ///< empty: the broker is not ours
  bool shared_ = false;  ///< it goes on when this process is over
  int brokers_ = 1;
  KafkaClusterSettings cluster_{.copies = 1, .of_topics = {}};
  std::string bootstrap_;
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
