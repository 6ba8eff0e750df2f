// Replicas that come and go, and partitions that become more, while messages flow.
#include <iostream>

#include "fault_test.h"

namespace loom::testing {
namespace {

struct Strategy {
  const char* name;
  const char* property;
};

class RebalanceTest : public FaultTest, public ::testing::WithParamInterface<Strategy> {
 protected:
  RebalanceTest() : FaultTest(KafkaServer::shared(), Database::shared) {}
};

TEST_P(RebalanceTest, ReplicasComeAndGo) {
  const Environment strategy{{"LOOM_RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY", GetParam().property}};
  constexpr std::size_t kMost = 6;
  const int cycles = rounds(1, 5);
  const milliseconds between = rounds(milliseconds(0), milliseconds(20'000));
  std::vector<ServiceProcess*> replicas{&start(strategy)};
  ASSERT_TRUE(await_partitions(*replicas.front()));
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}});
  int rebalances = 0;
  const auto rebalanced = [&](std::size_t running) {
    const auto took = recovery(flow);
    std::cout << "rebalance " << ++rebalances << ", " << running << " replicas: " << took.count() << " ms, "
              << flow.sent() << " sent" << std::endl;
    pass(between - std::min(between, took));
  };
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (std::size_t running = 1; running < kMost; ++running) {
      if (replicas.size() == running) replicas.push_back(&start_with(environment(strategy)));
      ServiceProcess& joins = *replicas[running];
      const std::size_t log = joins.log().size();
      if (!joins.running()) joins.start();
      ASSERT_TRUE(await_partitions(joins, log)) << "it got no partitions";
      rebalanced(running + 1);
    }
    for (std::size_t running = kMost; running > 1; --running) {
      // Not always the youngest: which one leaves is drawn.
      std::swap(replicas[running - 1], replicas[static_cast<std::size_t>(random(0, static_cast<int>(running) - 1))]);
      stop_in_order(*replicas[running - 1]);
      rebalanced(running - 1);
    }
  }
  settle(flow);
  record(std::string("replicas 1 -> 6 -> 1, ") + GetParam().name, rebalances);
}

INSTANTIATE_TEST_SUITE_P(Strategies, RebalanceTest,
                         ::testing::Values(Strategy{"cooperative", "cooperative-sticky"}, Strategy{"eager", "range"}),
                         [](const auto& strategy) { return std::string(strategy.param.name); });

class GrowingTopicTest : public FaultTest {
 protected:
  GrowingTopicTest() : FaultTest(KafkaServer::shared(), Database::shared, 4) {}
};

TEST_F(GrowingTopicTest, NewPartitionsAreStoredToo) {
  const Environment soon{{"LOOM_RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "500"}};
  start(soon);
  start(soon);
  auto flow =
      std::make_unique<Flow>(bootstrap(), topic_, Flow::Settings{.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1}});
  ASSERT_TRUE(await_stored(3'000));
  const int step = rounds(4, 1);
  int growths = 0;
  for (int partitions = 4 + step; partitions <= 12; partitions += step) {
    kafka().grow_topic(topic_, partitions);
    know_topic(topic_, partitions);
    ++growths;
    // The old flow goes on until here; from now on the new partitions get their share.
    const std::int64_t next = flow->stop();
    flow = std::make_unique<Flow>(
        bootstrap(), topic_,
        Flow::Settings{
            .from = next, .rate = 3'000, .shares = std::vector<unsigned>(static_cast<std::size_t>(partitions), 1)});
    std::cout << partitions << " partitions: " << recovery(*flow).count() << " ms" << std::endl;
  }
  settle(*flow);
  record("partitions 4 -> 12 while running", growths);
}

}  // namespace
}  // namespace loom::testing
