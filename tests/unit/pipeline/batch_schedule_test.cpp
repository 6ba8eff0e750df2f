#include "pipeline/batch_schedule.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace loom::pipeline {
namespace {

using std::chrono::milliseconds;

class BatchScheduleTest : public ::testing::Test {
 protected:
  static BatchLimits limits() {
    BatchLimits limits;
    limits.size = 3;
    return limits;
  }
  test_support::ManualClock clock_;
  BatchSchedule schedule_{limits(), clock_};
};

TEST_F(BatchScheduleTest, AskingChangesNothing) {
  schedule_.note_growth();
  EXPECT_FALSE(schedule_.may_go(true, false)) << "nobody noted that it is due";
  EXPECT_FALSE(schedule_.may_go(true, false));
  schedule_.note_due(0, true);
  EXPECT_TRUE(schedule_.may_go(true, false));
}

TEST_F(BatchScheduleTest, ADueBatchThatLostItsMessagesWaitsForItsTimeoutAgain) {
  schedule_.note_growth();
  schedule_.note_due(3, false);
  EXPECT_FALSE(schedule_.may_go(false, true));
  EXPECT_EQ(schedule_.wake_at(), clock_.now() + milliseconds(20));
  clock_.advance(milliseconds(20));
  schedule_.note_due(1, false);  // a partition was taken away meanwhile
  EXPECT_FALSE(schedule_.may_go(false, false));
  EXPECT_EQ(schedule_.wake_at(), clock_.now() + milliseconds(480)) << "and the worker sleeps until then";
}

TEST_F(BatchScheduleTest, ThereIsNoFillTimeLeftFromABatchThatIsGone) {
  schedule_.note_growth();
  schedule_.note_due(3, false);
  schedule_.start_over();
  clock_.advance(milliseconds(100));
  schedule_.note_growth();
  schedule_.note_due(3, false);
  EXPECT_FALSE(schedule_.may_go(false, true));
}

}  // namespace
}  // namespace loom::pipeline
