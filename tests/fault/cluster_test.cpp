// Three brokers, each partition on all of them: what operators and accidents do to brokers while messages flow.
#include <fmt/format.h>

#include "broker_fault_test.h"

namespace loom::testing {
namespace {

constexpr std::int32_t kPartitions = 6;
constexpr const char* kAtFullLength = "CI has no time for it: scripts/fault-report.sh --only Cluster";

class ClusterTest : public BrokerFaultTest {
 protected:
  ClusterTest() : BrokerFaultTest(cluster()) {}

  [[nodiscard]] std::int32_t leader() { return kafka().place_of(topic_, 0).leader; }
  /// Each partition has a leader, and all its copies are as far as that.
  [[nodiscard]] bool whole() {
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      const PartitionPlace place = kafka().place_of(topic_, partition);
      if (place.leader < 0 || place.in_sync.size() < 3) return false;
    }
    return true;
  }
  void await_whole() {
    ASSERT_TRUE(await(seconds(60), [&] { return whole(); })) << "the brokers' copies do not catch up";
  }
  /// Also of those that have no partition to lead any more, and no connection.
  [[nodiscard]] bool says_all_up() const {
    const std::string shown = metrics();
    for (std::int32_t broker = 1; broker <= 3; ++broker) {
      if (shown.find(fmt::format("kafka_to_db_broker_up{{broker=\"{}\"}} 1", broker)) == std::string::npos)
        return false;
    }
    return true;
  }
  void kill(std::int32_t broker) {
    kafka().kill9(broker);
    ASSERT_FALSE(kafka().runs(broker)) << "the fault";
  }
  void start_again(std::int32_t broker) {
    kafka().restart(broker);
    await_whole();
  }
  /// Runs one of Kafka's tools with a file of this text.
  void with_file(const std::string& tool, const std::string& text, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), tool);
    arguments.push_back(folder().write("plan.json", text));
    kafka().tool(arguments);
  }

 private:
  static KafkaServer& cluster() {
    static KafkaServer servers(KafkaClusterSettings{.copies = 3, .of_topics = {{"min.insync.replicas", "2"}}});
    return servers;
  }
};

TEST_F(ClusterTest, RestartedOneAfterTheOther) {
  inject("brokers of three restarted one after the other", rounds(1, 10),
         {[&] {
            for (std::int32_t broker = 1; broker <= rounds(1, kafka().brokers()); ++broker) {
              kafka().stop(broker);
              ASSERT_FALSE(kafka().runs(broker)) << "the fault";
              start_again(broker);
            }
          },
          [&] { EXPECT_TRUE(await(seconds(60), [&] { return says_all_up(); })) << metrics(); }});
}

TEST_F(ClusterTest, ALeaderKilled) {
  std::int32_t killed = -1;
  inject("SIGKILL of a partition's leader, one of three brokers", rounds(1, 20),
         {[&] {
            killed = leader();
            kill(killed);
          },
          [&] {
            EXPECT_NE(leader(), killed);
            start_again(killed);
          }});
}

TEST_F(ClusterTest, TheCoordinatorKilled) {
  if (!long_run()) GTEST_SKIP() << kAtFullLength;
  std::int32_t killed = -1;
  inject("SIGKILL of the group's coordinator, one of three brokers", rounds(1, 20),
         {[&] {
            killed = kafka().coordinator_of(group());
            ASSERT_GT(killed, 0);
            kill(killed);
          },
          [&] {
            EXPECT_NE(kafka().coordinator_of(group()), killed);
            start_again(killed);
          }});
}

/// With two copies wanted nobody can write meanwhile, and the controllers have no majority either.
TEST_F(ClusterTest, TwoOfThreeKilled) {
  inject("SIGKILL of two of three brokers, for some seconds", rounds(1, 10), {[&] {
           const std::int32_t first = leader();
           const std::int32_t second = first % 3 + 1;
           kill(first);
           kill(second);
           pass(milliseconds(random(3'000, 8'000)));
           kafka().restart_all();
           await_whole();
         }});
}

/// Nothing tells that it is frozen but the others' answer to who leads, which is asked for every 30 s by default.
TEST_F(ClusterTest, ALeaderFrozen) {
  std::int32_t stopped = -1;
  inject("SIGSTOP of a partition's leader for longer than its session, one of three brokers", rounds(1, 10),
         {[&] {
            stopped = leader();
            kafka().freeze(stopped);
          },
          [&] {
            EXPECT_NE(leader(), stopped);
            kafka().thaw(stopped);
            await_whole();
          },
          {{"LOOM_RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "5000"}}});
}

TEST_F(ClusterTest, PartitionsMovedAndLeadersMovedBack) {
  if (!long_run()) GTEST_SKIP() << kAtFullLength;
  int round = 0;
  inject("partitions moved to other brokers, and leaders moved back", rounds(1, 10), {[&] {
           // Two copies each, on other brokers than before, and then three again with other leaders.
           for (const bool fewer : {true, false}) {
             ++round;
             std::string partitions;
             for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
               const std::int32_t first = (partition + round) % 3 + 1;
               partitions += fmt::format(R"({}{{"topic":"{}","partition":{},"replicas":[{},{}{}]}})",
                                         partition == 0 ? "" : ",", topic_, partition, first, first % 3 + 1,
                                         fewer ? "" : "," + std::to_string((first + 1) % 3 + 1));
             }
             with_file("org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
                       R"({"version":1,"partitions":[)" + partitions + "]}", {"--execute", "--reassignment-json-file"});
             ASSERT_TRUE(await(seconds(60), [&] {
               const PartitionPlace place = kafka().place_of(topic_, 0);
               return place.replicas.size() == (fewer ? 2 : 3) && place.in_sync.size() == place.replicas.size() &&
                      place.replicas.front() == round % 3 + 1;
             })) << "the fault";
           }
           kafka().tool({"org.apache.kafka.tools.LeaderElectionCommand", "--election-type", "preferred",
                         "--all-topic-partitions"});
           ASSERT_TRUE(await(seconds(60), [&] { return leader() == round % 3 + 1; })) << "the fault";
         }});
}

}  // namespace
}  // namespace loom::testing
