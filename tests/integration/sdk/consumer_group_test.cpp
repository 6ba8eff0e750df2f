// Several members, and members that come back with other settings.
#include <gmock/gmock.h>

#include "admin/kafka_admin.h"
#include "integration/sdk/consumer_fixture.h"
#include "loom/kafka/consumer.h"

namespace loom::kafka {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConsumerGroup : public ConsumerTest {
 protected:
  ConsumerGroup() : ConsumerTest(4) {}
  [[nodiscard]] std::size_t members() const {
    return admin::KafkaAdmin(kafka.bootstrap(), {}).members(config.consumer_group_id).size();
  }
};

/// What a strategy's members tell when another one comes.
class SharingStrategies : public ConsumerGroup, public ::testing::WithParamInterface<const char*> {};

TEST_P(SharingStrategies, TwoMembersShareThePartitionsAndTellWhatTheyLost) {
  config.partition_assignment_strategy = GetParam();
  send(0, 100);
  auto first = join();
  auto taken = take(*first, 100);
  EXPECT_TRUE(first->commit(behind(taken)));
  EXPECT_THAT(first->take_assignment().gained, SizeIs(4));

  auto second = join();
  std::vector<Position> gained;
  std::map<std::int32_t, std::int64_t> lost;  // of the first, where it stood
  std::int32_t rebalances = 0;
  EXPECT_TRUE(loom::testing::eventually([&] {
    first->poll(milliseconds(20));
    second->poll(milliseconds(20));
    const Assignment changes = first->take_assignment();
    for (const Position& at : changes.lost) lost[at.partition] = at.offset;
    for (const Position& at : changes.gained) lost.erase(at.partition);
    rebalances += changes.rebalances;
    for (Position& at : second->take_assignment().gained) gained.push_back(std::move(at));
    return gained.size() == 2 && lost.size() == 2;
  }));
  for (const auto& [partition, offset] : lost) EXPECT_EQ(offset, 25) << partition;
  for (const Position& at : gained) {
    EXPECT_EQ(at.offset, 25) << "where the first one committed";
    EXPECT_TRUE(lost.contains(at.partition));
  }
  EXPECT_GE(rebalances, 1);

  send(100, 200);
  auto records = take(*first, 50);
  for (Record& record : take(*second, 50)) records.push_back(std::move(record));
  EXPECT_EQ(values_of(records), expected(100, 200));
}

INSTANTIATE_TEST_SUITE_P(Each, SharingStrategies, ::testing::Values("range", "roundrobin", "sticky"),
                         [](const auto& strategy) { return std::string(strategy.param); });

TEST_F(ConsumerGroup, ClosingLeavesTheGroupAtOnce) {
  auto consumer = join();
  await_assignment(*consumer);
  EXPECT_EQ(members(), 1U);
  consumer->close();
  EXPECT_EQ(members(), 0U) << "not only after the session timeout";
}

// A changed strategy: close() and a new Consumer. Nothing has to be waited for, and no record comes twice.
TEST_F(ConsumerGroup, AChangeFromEagerToCooperativeIsAnOrderlyLeaveAndJoin) {
  Values all;
  int sent = 0;
  std::unique_ptr<Consumer> consumer;
  for (const char* strategy : {"range", "sticky", "roundrobin", "cooperative-sticky"}) {
    ConsumerConfig next = config;
    next.partition_assignment_strategy = strategy;
    if (consumer) {
      EXPECT_FALSE(same_client(consumer->config(), next)) << strategy;
      consumer->close();
    }
    consumer = join(next);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(await_assignment(*consumer), SizeIs(4)) << strategy;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(15)) << strategy << ": the session timeout is 30 s";
    send(sent, sent + 100);
    sent += 100;
    const auto records = take(*consumer, 100);
    for (const auto& value : values_of(records)) all.insert(value);
    EXPECT_TRUE(consumer->commit(behind(records)));
  }
  EXPECT_EQ(all, expected(0, sent));
}

// The group's replicas change one after the other: the broker lets nobody in who shares in another way, until the last
// one of before has left.
TEST_F(ConsumerGroup, AMemberWithTheOtherProtocolWaitsUntilTheOldOnesAreGone) {
  auto before = join();
  ASSERT_THAT(await_assignment(*before), SizeIs(4));
  ConsumerConfig changed = config;
  changed.partition_assignment_strategy = "sticky";
  const auto after = join(changed);
  const auto until = std::chrono::steady_clock::now() + seconds(3);
  send(0, 100);
  std::vector<Record> records;
  while (std::chrono::steady_clock::now() < until) {
    for (Record& record : before->poll(milliseconds(50))) records.push_back(std::move(record));
    EXPECT_THAT(after->poll(milliseconds(50)), IsEmpty());
  }
  EXPECT_EQ(values_of(records), expected(0, 100)) << "the old one goes on meanwhile";
  EXPECT_TRUE(before->commit(behind(records)));
  before->close();

  EXPECT_THAT(await_assignment(*after), SizeIs(4));
  send(100, 200);
  EXPECT_EQ(values_of(take(*after, 100)), expected(100, 200));
}

}  // namespace
}  // namespace loom::kafka
