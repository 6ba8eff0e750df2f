#include "pipeline/turns.h"

#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

class TurnsTest : public LaneTest {
 protected:
  double share_of(std::int32_t partition) { return lane_.find(partition)->share; }
};

TEST_F(TurnsTest, GoByTheLongestBacklogOfTheTopic) {
  assign(0);
  assign(1);
  emit(0, 30'000);
  emit(1, 10'000);
  share_turns(lane_);
  EXPECT_DOUBLE_EQ(share_of(0), 1);
  EXPECT_NEAR(share_of(1), 1.0 / 3, 1e-9);
}

TEST_F(TurnsTest, LeaveAPartitionWithoutABacklogATenth) {
  assign(0);
  assign(1);
  emit(0, 30'000);
  share_turns(lane_);
  EXPECT_DOUBLE_EQ(share_of(1), 0.1);
}

TEST_F(TurnsTest, AreFullOnesWithoutMuchOfABacklog) {
  assign(0);
  assign(1);
  emit(0, 9'999);
  share_turns(lane_);
  EXPECT_DOUBLE_EQ(share_of(0), 1);
  EXPECT_DOUBLE_EQ(share_of(1), 1);
}

}  // namespace
}  // namespace loom::pipeline
