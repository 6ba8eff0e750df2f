#include "pipeline/silence.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loom::pipeline {
namespace {

using std::chrono::milliseconds;

class SilenceTest : public ::testing::Test {
 protected:
  /// A message after so long a gap, which is taken then. Whether the gap was a silence.
  bool gap(milliseconds lasts) {
    const std::uint64_t before = silence_.ended();
    now_ += lasts;
    silence_.note_came(now_);
    silence_.note_taken(now_);
    return silence_.ended() > before;
  }

  TimePoint now_ = TimePoint() + std::chrono::hours(1);
  Silence silence_{now_};
};

TEST_F(SilenceTest, BeginsWithTheLastMessageThatWasTaken) {
  EXPECT_FALSE(gap(milliseconds(20)));
  EXPECT_TRUE(gap(milliseconds(21)));
}

TEST_F(SilenceTest, IsOneForAllThatComesAfterIt) {
  now_ += milliseconds(500);
  silence_.note_came(now_);
  silence_.note_came(now_ + milliseconds(5));
  EXPECT_EQ(silence_.ended(), 1U);
}

TEST_F(SilenceTest, GapsThatAreUsualAreNone) {
  EXPECT_TRUE(gap(milliseconds(70)));  // 40 from now on
  EXPECT_TRUE(gap(milliseconds(70)));  // 80
  EXPECT_FALSE(gap(milliseconds(70)));
}

TEST_F(SilenceTest, WhatIsUsualHasALimit) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(gap(milliseconds(101)));
}

TEST_F(SilenceTest, WhatIsUsualIsForgotten) {
  gap(milliseconds(70));
  gap(milliseconds(70));
  EXPECT_FALSE(gap(milliseconds(50)));
  bool again = false;
  for (int i = 0; i < 61 * 20; ++i) again = gap(milliseconds(50)) || again;
  EXPECT_TRUE(again);
}

TEST_F(SilenceTest, UntilSomethingIsTakenEverLongerGapsAreLetThrough) {
  std::uint64_t before = 0;
  for (const auto slow : {milliseconds(300), milliseconds(300), milliseconds(300), milliseconds(300)}) {
    before = silence_.ended();
    now_ += slow;
    silence_.note_came(now_);
  }
  EXPECT_EQ(silence_.ended(), before + 1);
  now_ += milliseconds(300);
  silence_.note_came(now_);
  EXPECT_EQ(silence_.ended(), before + 1) << "320 ms by now";
}

}  // namespace
}  // namespace loom::pipeline
