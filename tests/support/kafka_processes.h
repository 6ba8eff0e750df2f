#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loom::testing {

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

/// The processes of a real Kafka broker, or of a cluster, that scripts/servers.sh starts in a temporary folder. They
/// end in the destructor, or soon after the test's process.
/// Threads: one at a time (bootstrap() any).
/// Blocks:  starting takes about 5 s, a cluster 10 s.
/// Fails:   std::runtime_error; the script has then shown the end of the broker's log on stderr.
class KafkaProcesses {
 public:
  /// One broker; `shareable`: the one that LOOM_TEST_KAFKA_BOOTSTRAP names, where it is set, which is not ours.
  explicit KafkaProcesses(bool shareable);
  explicit KafkaProcesses(const KafkaSettings& settings);
  /// So many brokers, with the ids from 1 on: in the folder LOOM_TEST_KAFKA_CLUSTER, where that is set, whole again
  /// whatever a test before has done to them, and left running.
  explicit KafkaProcesses(int brokers);
  ~KafkaProcesses();
  KafkaProcesses(const KafkaProcesses&) = delete;
  KafkaProcesses& operator=(const KafkaProcesses&) = delete;

  [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
  [[nodiscard]] std::string address(const std::string& listener) const;
  [[nodiscard]] int brokers() const { return brokers_; }

  // Of ours only
  /// Those that do not run, all at once: one of several alone waits for the others.
  void start(const std::vector<std::string>& environment = {});
  /// After kill9() or stop(), restart() brings it back on the same port with the same data; returns when it serves.
  void kill9(int broker) const;
  void stop(int broker) const;
  void restart(int broker) const;
  /// The broker keeps its connections and says nothing, until thaw().
  void freeze(int broker) const;
  void thaw(int broker) const;
  [[nodiscard]] bool runs(int broker) const;
  /// After kill9() of a broker that is alone: the partition's log loses its end, as that of a broker that lost what it
  /// had not written yet. `end` has to be where records sent at once ended.
  void cut_log(const std::string& topic, std::int32_t partition, std::int64_t end) const;
  std::string tool(std::vector<std::string> arguments) const;

 private:
  void make_folder();
  [[nodiscard]] std::vector<std::string> start_words(const std::string& folder) const;
  [[nodiscard]] std::string folder_of(int broker) const;
  [[nodiscard]] pid_t own_pid(const std::string& what, int broker) const;

  std::string folder_;   ///< empty: the broker is not ours
  bool shared_ = false;  ///< it goes on when this process is over
  int brokers_ = 1;
  std::string bootstrap_;
};

}  // namespace loom::testing
