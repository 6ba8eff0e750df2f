// How much bad a topic may bring, and how much memory its batches may take.
#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;

class DeadLetterLimitTest : public LaneTest {
 protected:
  DeadLetterLimitTest() : LaneTest(settings()) {}
  static LaneSettings settings() {
    LaneSettings settings;
    settings.limits.size = 100;
    settings.dead_letter_max_ratio = 0.1;
    return settings;
  }
};

TEST_F(DeadLetterLimitTest, MoreBadMessagesThanAllowedStopTheTopicBeforeTheyAreStored) {
  assign(0);
  emit(0, 80);
  emit(0, 20, false);
  take_all();
  EXPECT_EQ(due(), nullptr);
  EXPECT_EQ(lane_.state(), LaneState::stopped);
  EXPECT_NE(lane_.shown_reason().find("20 of the 100"), std::string::npos) << lane_.shown_reason();
  EXPECT_EQ(stored(0), 0);
}

TEST_F(DeadLetterLimitTest, AFewBadOnesAreDeadLetters) {
  assign(0);
  emit(0, 95);
  emit(0, 5, false);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->rejected.size(), 5U);
}

TEST_F(DeadLetterLimitTest, BadRowsThatTheDatabaseFindsCountToo) {
  assign(0);
  emit(0, 100);
  take_all();
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  for (std::uint32_t i = 0; i < 50; ++i) batch->rejected.push_back({.message = i, .reject = {}});
  settle(std::move(batch), OutcomeKind::committed);
  emit(0, 100);
  take_all();
  EXPECT_EQ(due(), nullptr);
  EXPECT_EQ(lane_.state(), LaneState::stopped);
}

TEST_F(DeadLetterLimitTest, GoodMessagesPassAfterAStop) {
  assign(0);
  emit(0, 50);
  emit(0, 50, false);
  take_all();
  ASSERT_EQ(due(), nullptr);
  (void)lane_.discard(0);
  assign(1);
  emit(1, 100);
  lane_.use_plan(plan());
  take_all();
  EXPECT_NE(due(), nullptr);
}

TEST(MemoryBudget, GivesEachLaneItsShareWhenItIsUsedUp) {
  constexpr std::size_t kLane = MemoryBudget::kPerLane;
  MemoryBudget memory(10 * kLane);
  memory.join();
  memory.join();
  memory.change(0, 7 * kLane);
  EXPECT_TRUE(memory.allows(7 * kLane)) << "there is still room";
  memory.change(7 * kLane, 9 * kLane);
  EXPECT_FALSE(memory.allows(9 * kLane));
  EXPECT_TRUE(memory.allows(4 * kLane)) << "less than a half";
  EXPECT_FALSE(memory.allows(5 * kLane));
}

class LittleMemoryTest : public LaneTest {};

TEST_F(LittleMemoryTest, ALaneStopsTakingWhenTheBudgetIsUsedUpAndGoesOnAfterIt) {
  memory_.change(0, std::size_t{64} << 20U);  // somebody else's
  const std::size_t before = memory_.used();
  assign(0);
  emit(0, 5);
  take_all();
  EXPECT_FALSE(lane_.idle()) << "its share it has in any case";
  settle(due(), OutcomeKind::committed);
  EXPECT_EQ(memory_.used(), before) << "what it held is given back, nothing is kept for later";
}

}  // namespace
}  // namespace loom::pipeline
