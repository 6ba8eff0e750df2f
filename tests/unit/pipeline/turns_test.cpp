#include "pipeline/turns.h"

#include <gtest/gtest.h>

namespace loom::pipeline {
namespace {

TEST(TurnShare, GoesByTheLongestBacklogOfTheTopic) {
  EXPECT_DOUBLE_EQ(turn_share(30'000, 30'000), 1);
  EXPECT_NEAR(turn_share(10'000, 30'000), 1.0 / 3, 1e-9);
}

TEST(TurnShare, OfAPartitionWithoutABacklogIsATenth) { EXPECT_DOUBLE_EQ(turn_share(0, 30'000), 0.1); }

TEST(TurnShare, IsAWholeOneWithoutMuchOfABacklog) {
  EXPECT_DOUBLE_EQ(turn_share(9'999, 9'999), 1);
  EXPECT_DOUBLE_EQ(turn_share(0, 9'999), 1);
}

TEST(LookEvery, ManyPartitionsAreLookedAtLessOften) {
  using std::chrono::milliseconds;
  EXPECT_EQ(look_every(0), milliseconds(100));
  EXPECT_EQ(look_every(100), milliseconds(100));
  EXPECT_EQ(look_every(400), milliseconds(400));
  EXPECT_EQ(look_every(5000), milliseconds(1000));
}

}  // namespace
}  // namespace loom::pipeline
