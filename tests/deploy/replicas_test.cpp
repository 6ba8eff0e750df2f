// Three replicas as the chart starts them (its environment, its files, its probes) share all topics of the project's
// mapping; one is removed and one is added while messages flow.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <deque>
#include <iostream>
#include <set>

#include "deploy/support/pod.h"
#include "deploy/support/sample_flow.h"
#include "mapping/loader.h"
#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

constexpr std::int32_t kPartitions = 3;
constexpr int kReplicas = 3;
constexpr int kMaxConnections = 400;
constexpr std::chrono::milliseconds kOften{200};
constexpr double kMessagesASecond = 1'500;

/// Not shared with other tests: the topics have the names of the mapping.
KafkaServer& own_broker() {
  static KafkaServer server(KafkaServer::Kind::own);
  return server;
}

std::string setting(const char* name, int value) { return fmt::format("{}={}", name, value); }

class ChartReplicasTest : public ServiceTest {
 protected:
  struct Pod {
    ServiceProcess& process;
    std::unique_ptr<Kubelet> kubelet;
    std::unique_ptr<Kubelet> impatient;  ///< the same at short periods: what the chart's may not see
  };

  ChartReplicasTest()
      : ServiceTest(std::make_unique<PostgresServer>(std::vector{setting("max_connections", kMaxConnections)}),
                    own_broker()) {}

  void SetUp() override {
    plan_ = render_pod(
        folder().path_of("rendered"),
        {"database.url=" + database().url(), "kafka.bootstrapServers=" + bootstrap(), "kafka.groupId=" + group(),
         "autoscaling.enabled=false", "createTables=true", setting("replicaCount", kReplicas),
         setting("database.maxConnections", kMaxConnections), setting("kafka.partitions", kPartitions)});
    ASSERT_EQ(plan_.replicas, kReplicas);
    often_ = plan_;
    for (ProbeSettings* probe : {&often_.startup, &often_.liveness, &often_.readiness}) probe->period = kOften;
    // The one thing that is changed: pods have an address each, these processes share one.
    plan_.service.environment["LOOM_HTTP_PORT"] = "0";
    const std::string& mapping = plan_.service.environment["LOOM_TOPIC_MAPPINGS"];
    const auto loaded = mapping::load_mapping_file(mapping);
    ASSERT_TRUE(loaded.file.has_value()) << "the chart leads the service to '" << mapping << "'";
    std::vector<std::string> names;
    for (const auto& topic : loaded.file->topics) {
      if (topic.is_pattern) continue;
      topics_.push_back(topic);
      names.push_back(topic.topic);
      know_topic(topic.topic, kPartitions);
    }
    ASSERT_GE(topics_.size(), 39U);
    kafka().create_topics(names, kPartitions);
  }

  /// What the chart's Job does before the pods start.
  void run_job() const {
    ASSERT_FALSE(plan_.job.empty()) << "the chart has no migration Job";
    for (const auto& step : plan_.job) {
      const CommandResult done = run_command(LOOM_PROGRAM, step.arguments, step.environment, seconds(60));
      ASSERT_EQ(done.exit_code, 0) << fmt::format("{}", fmt::join(step.arguments, " ")) << ": " << done.err;
    }
  }

  /// Tables that would keep whatever came twice: those whose key is only the file's default.
  void drop_default_keys() {
    const auto keys = database().rows(
        "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'p' AND"
        " pg_get_constraintdef(oid) = 'PRIMARY KEY (device_id, \"timestamp\")'");
    ASSERT_GE(keys.size(), 30U);
    for (const auto& key : keys) {
      database().run(
          fmt::format("ALTER TABLE {} DROP CONSTRAINT {}, ALTER COLUMN device_id DROP NOT NULL,"
                      " ALTER COLUMN \"timestamp\" DROP NOT NULL",
                      key[0], key[1]));
      keyless_.insert(key[0]);
    }
  }

  Pod& add_pod() {
    ServiceProcess& process = start_replica(LOOM_PROGRAM, plan_.service.arguments, plan_.service.environment);
    pods_.push_back({process, std::make_unique<Kubelet>(process, plan_), std::make_unique<Kubelet>(process, often_)});
    return pods_.back();
  }

  static ::testing::AssertionResult becomes_ready(const Pod& pod) {
    if (await(seconds(60), [&] { return pod.kubelet->ready(); })) return ::testing::AssertionSuccess();
    pod.kubelet->stop();
    return ::testing::AssertionFailure() << pod.kubelet->describe();
  }

  /// The partitions that a replica says it has, as topic/partition.
  static std::multiset<std::string> assignment(const Pod& pod) {
    std::multiset<std::string> out;
    const auto status = nlohmann::json::parse(ServiceHttp(pod.process).get("/status").body, nullptr, false);
    if (status.is_discarded()) return out;
    for (const auto& one : status.at("assignment")) {
      if (one.at("leaving").get<bool>()) continue;
      out.insert(fmt::format("{}/{}", one.at("topic").get<std::string>(), one.at("partition").get<int>()));
    }
    return out;
  }

  /// All partitions have one owner among these, and each of these has its fair part.
  [[nodiscard]] ::testing::AssertionResult share_all(const std::vector<const Pod*>& pods) const {
    const std::size_t all = topics_.size() * static_cast<std::size_t>(kPartitions);
    std::string seen;
    const bool done = await(
        seconds(60),
        [&] {
          std::multiset<std::string> owned;
          bool fair = true;
          seen.clear();
          for (const Pod* pod : pods) {
            const auto its = assignment(*pod);
            seen += fmt::format(" {}", its.size());
            fair = fair && its.size() >= all / pods.size();
            owned.insert(its.begin(), its.end());
          }
          return fair && owned.size() == all && std::set(owned.begin(), owned.end()).size() == all;
        },
        milliseconds(100));
    if (done) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "partitions of each:" << seen << ", of " << all;
  }

  /// What the chart says must have reached the service under the names that it knows.
  static void has_the_charts_settings(const Pod& pod) {
    const auto status = ServiceHttp(pod.process).get("/status").json();
    EXPECT_EQ(status.at("settings").at("batch.size"), "200");
    EXPECT_EQ(status.at("settings").at("batch.timeout.ms"), "500");
    EXPECT_EQ(status.at("pool").at("min"), 20);
    EXPECT_EQ(status.at("pool").at("max"), 100);
    EXPECT_FALSE(pod.process.logged("unknown setting")) << pod.process.log();
  }

  void every_row_once(const SampleFlow& flow) const {
    std::int64_t all = 0;
    for (const auto& [table, rows] : flow.rows()) {
      EXPECT_EQ(count(table), rows) << table;
      if (keyless_.contains(table)) {
        EXPECT_EQ(count("(SELECT DISTINCT device_id, \"timestamp\" FROM " + table + ") AS keys"), rows) << table;
      }
      all += rows;
    }
    EXPECT_EQ(count("kafka_dead_letters"), 0);
    std::cout << fmt::format("{} messages, {} rows in {} tables, {} of these without a key", flow.sent(), all,
                             flow.rows().size(), keyless_.size())
              << std::endl;
  }

  /// A pod that was never told to end has answered every liveness probe, and was unready only while partitions were
  /// dealt out.
  static void was_well_throughout(const Pod& pod) {
    for (Kubelet* kubelet : {pod.kubelet.get(), pod.impatient.get()}) {
      kubelet->stop();
      std::cout << kubelet->describe() << std::endl;
      EXPECT_EQ(kubelet->restarts(), 0);
      const auto alive = kubelet->answers("liveness").before;
      EXPECT_TRUE(alive.size() == 1 && alive.contains(200)) << "liveness was not 200 each time";
      for (const auto& [body, times] : kubelet->refusals()) {
        EXPECT_EQ(nlohmann::json::parse(body).at("state"), "joining") << body;
      }
    }
    int refused = 0;
    for (const auto& [body, times] : pod.impatient->refusals()) refused += times;
    EXPECT_LE(refused * kOften, seconds(10)) << "it was not ready for too long";
    EXPECT_TRUE(pod.kubelet->ready()) << "it is not ready in the end";
  }

  PodPlan plan_;
  PodPlan often_;
  std::vector<mapping::TopicMapping> topics_;
  std::set<std::string> keyless_;
  std::deque<Pod> pods_;
};

TEST_F(ChartReplicasTest, ShareAllTopicsWhileOneIsRemovedAndOneAdded) {
  run_job();
  drop_default_keys();
  if (HasFatalFailure()) return;
  SampleFlow flow(bootstrap(), topics_, kPartitions, kMessagesASecond);
  for (int i = 0; i < kReplicas; ++i) add_pod();
  for (const Pod& pod : pods_) ASSERT_TRUE(becomes_ready(pod));
  ASSERT_TRUE(share_all({&pods_[0], &pods_[1], &pods_[2]}));
  for (const Pod& pod : pods_) has_the_charts_settings(pod);

  Pod& removed = pods_[1];
  const ServiceHttp of_removed(removed.process);
  removed.kubelet->terminating();
  removed.impatient->terminating();
  removed.process.send(SIGTERM);
  EXPECT_TRUE(await(
      seconds(1), [&] { return of_removed.get("/readyz").status != 200; }, milliseconds(5)))
      << "it was told to end and still says that it is ready";
  const auto end = removed.process.await_end(plan_.grace);
  ASSERT_TRUE(end.has_value()) << "it did not leave within the grace period";
  EXPECT_EQ(end->exit_code, 0);
  ASSERT_TRUE(share_all({&pods_[0], &pods_[2]}));

  Pod& added = add_pod();
  ASSERT_TRUE(becomes_ready(added));
  ASSERT_TRUE(share_all({&pods_[0], &pods_[2], &added}));
  // Long enough that each is asked again after the last change.
  for (const Pod* pod : std::initializer_list<const Pod*>{&pods_[0], &pods_[2], &added}) {
    const int asked = pod->kubelet->readiness_asked();
    ASSERT_TRUE(await(4 * plan_.readiness.period, [&] { return pod->kubelet->readiness_asked() >= asked + 2; }));
  }

  flow.stop();
  for (const auto& topic : topics_) ASSERT_TRUE(drained(topic.topic, seconds(60)));
  every_row_once(flow);
  for (const Pod* pod : {&pods_[0], &pods_[2], &added}) was_well_throughout(*pod);
  removed.kubelet->stop();
  std::cout << removed.kubelet->describe() << std::endl;
}

}  // namespace
}  // namespace loom::testing
