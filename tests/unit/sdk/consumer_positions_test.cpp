#include "sdk/consumer/consumer_positions.h"

#include <gmock/gmock.h>

#include "positions.h"

namespace loom::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ConsumerPositions, TellWhatWasGainedAndFromWhere) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 10}, {"a", 1, -1}});
  const Assignment changes = positions.take_changes();
  EXPECT_THAT(changes.gained, ElementsAre(Position{"a", 0, 10}, Position{"a", 1, -1}));
  EXPECT_THAT(changes.lost, IsEmpty());
  EXPECT_EQ(changes.rebalances, 1);
}

TEST(ConsumerPositions, TellAChangeOnce) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 10}});
  positions.take_changes();
  const Assignment again = positions.take_changes();
  EXPECT_THAT(again.gained, IsEmpty());
  EXPECT_EQ(again.rebalances, 0);
}

TEST(ConsumerPositions, ALostPartitionTellsHowFarItCame) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 10}});
  positions.take_changes();
  positions.advance("a", 0, 15);
  positions.lose({{"a", 0, -1}});
  EXPECT_THAT(positions.take_changes().lost, ElementsAre(Position{"a", 0, 15}));
  EXPECT_FALSE(positions.owns("a", 0));
  positions.advance("a", 0, 16);
  EXPECT_THAT(positions.all(), IsEmpty());
}

TEST(ConsumerPositions, GainedAndLostBetweenTwoLooksIsNoNews) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 10}});
  positions.lose({{"a", 0, -1}});
  const Assignment changes = positions.take_changes();
  EXPECT_THAT(changes.gained, IsEmpty());
  EXPECT_THAT(changes.lost, IsEmpty());
}

TEST(ConsumerPositions, AnEagerRebalanceTakesAllAndGivesSomeBack) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 10}, {"a", 1, 20}});
  positions.take_changes();
  positions.lose({{"a", 0, -1}, {"a", 1, -1}});
  positions.gain({{"a", 1, 20}});
  const Assignment changes = positions.take_changes();
  EXPECT_THAT(changes.lost, ElementsAre(Position{"a", 0, 10}, Position{"a", 1, 20}));
  EXPECT_THAT(changes.gained, ElementsAre(Position{"a", 1, 20}));
  EXPECT_TRUE(positions.owns("a", 1));
  EXPECT_FALSE(positions.owns("a", 0));
}

// As after the policy for offsets out of range.
TEST(ConsumerPositions, FollowALogThatBeginsAnew) {
  ConsumerPositions positions;
  positions.gain({{"a", 0, 100}});
  positions.advance("a", 0, 1);
  EXPECT_EQ(positions.all().begin()->second, 1);
}

}  // namespace
}  // namespace loom::kafka
