// Several replicas of one group, and partitions that are not alike.
#include <regex>
#include <thread>

#include "support/flow.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class ReplicasTest : public ServiceTest {
 protected:
  ReplicasTest() : topic_(new_topic("numbers", 6)) {
    map(numbered_mapping(topic_, "numbers"));
    database().run(numbered_table("numbers"));
  }

  /// Waits until this replica has partitions.
  static bool await_partitions(const ServiceProcess& replica) {
    return await(seconds(30),
                 [&] { return std::regex_search(replica.log(), std::regex("[1-9]\\d* partitions? assigned")); });
  }

  /// Ends it in order, and tells how many rows it says it stored.
  static std::int64_t stored_by(ServiceProcess& replica) {
    const auto end = replica.terminate();
    EXPECT_TRUE(end.has_value()) << "it did not leave within 10 s";
    EXPECT_EQ(end.value_or(ProcessEnd{}).exit_code, 0);
    const std::string log = replica.log();
    std::smatch found;
    return std::regex_search(log, found, std::regex("stored (\\d+) rows")) ? std::stoll(found[1]) : -1;
  }

  std::string topic_;
};

TEST_F(ReplicasTest, TwoShareThePartitions) {
  auto& first = start();
  auto& second = start();
  ASSERT_TRUE(await_partitions(first));
  ASSERT_TRUE(await_partitions(second));
  send_numbered(topic_, 0, 12'000);
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 12'000));
  const std::int64_t by_first = stored_by(first);
  const std::int64_t by_second = stored_by(second);
  EXPECT_GT(by_first, 0);
  EXPECT_GT(by_second, 0);
  EXPECT_EQ(by_first + by_second, 12'000);
}

TEST_F(ReplicasTest, OthersJoinAndLeaveWhileMessagesFlow) {
  auto& first = start();
  ASSERT_TRUE(await_partitions(first));
  Flow flow(bootstrap(), topic_, {.from = 0, .to = 40'000, .rate = 5'000, .shares = {1, 1, 1, 1, 1, 1}});
  auto& second = start();
  ASSERT_TRUE(await_partitions(second));
  auto& third = start();
  ASSERT_TRUE(await_partitions(third));
  ASSERT_TRUE(flow.flowing()) << "nothing flowed any more when the third had joined";
  EXPECT_GE(stored_by(second), 0);
  EXPECT_TRUE(flow.flowing());
  second.start();
  EXPECT_GE(stored_by(first), 0);
  flow.finish();
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 40'000));
  for (const auto* replica : {&first, &second, &third}) {
    EXPECT_FALSE(replica->logged("COMMITFAIL")) << "a rebalance is no reason for a warning";
    EXPECT_FALSE(replica->logged("did not take the copy")) << "nor is this";
  }
}

TEST_F(ReplicasTest, AMemberThatAssignsPartitionsInAnotherWayIsExplained) {
  auto& eager = start({{"LOOM_RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY", "range"}});
  ASSERT_TRUE(await_partitions(eager));
  auto& ours = start();
  EXPECT_TRUE(await(seconds(30), [&] { return ours.logged("assigns partitions in another way"); }));
  EXPECT_TRUE(ours.running());
  EXPECT_GE(stored_by(eager), 0);
  EXPECT_TRUE(await_partitions(ours)) << "it does not join when the other one has left";
}

TEST_F(ReplicasTest, AFrozenOneLosesItsPartitionsAndStoresNothingTwiceWhenItWakes) {
  auto& first = start();
  auto& second = start();
  ASSERT_TRUE(await_partitions(first));
  ASSERT_TRUE(await_partitions(second));
  Flow flow(bootstrap(), topic_, {.from = 0, .to = 30'000, .rate = 2'500, .shares = {1, 1, 1, 1, 1, 1}});
  ASSERT_TRUE(await_count("numbers", 2'000));
  first.send(SIGSTOP);
  // The other one has all partitions when everything in the log is stored; the frozen one's session is over by then.
  flow.finish();
  EXPECT_TRUE(drained(topic_, seconds(40))) << "the other replica did not take over";
  first.send(SIGCONT);
  send_numbered(topic_, 30'000, 30'600);
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", 30'600));
  EXPECT_TRUE(first.running());
}

TEST_F(ReplicasTest, OnePartitionWithNineOfTenMessagesIsStoredLikeTheOthers) {
  Flow flow(bootstrap(), topic_, {.from = 0, .to = 150'000, .rate = 1e9, .shares = {45, 1, 1, 1, 1, 1}});
  flow.finish();
  start();
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 150'000));
}

TEST_F(ReplicasTest, PartitionsMoveToTheWorkerThatHasLessToDo) {
  // 120,000 messages in partition 0, as many in 2, and 15,000 in each of the others. Handed out in turns to two
  // workers, both large ones are with the first.
  Flow flow(bootstrap(), topic_, {.from = 0, .to = 300'000, .rate = 1e9, .shares = {8, 1, 8, 1, 1, 1}});
  flow.finish();
  auto& service = start({{"LOOM_LOG_LEVEL", "debug"}});
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 300'000));
  if (std::thread::hardware_concurrency() != 2) return;  // with more, each may have one from the start
  EXPECT_TRUE(std::regex_search(service.log(), std::regex("moves from worker \\d+ to \\d+")));
}

}  // namespace
}  // namespace loom::testing
