#include <gtest/gtest.h>

#include "sdk/stage/stop.h"

namespace loom::kafka::stage {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// The patience of none is over as soon as the clock has moved on.
bool becomes_overdue(const Stop& stop) {
  const TimePoint until = std::chrono::steady_clock::now() + seconds(10);
  while (!stop.overdue() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return stop.overdue();
}

TEST(StageStopTest, NobodyIsLateWhoWasNotAskedToEnd) {
  Stop stop(Duration::zero());
  stop.busy(false);
  EXPECT_TRUE(stop.wait(std::chrono::milliseconds(1)));
  EXPECT_FALSE(stop.requested());
  EXPECT_FALSE(stop.overdue());
}

TEST(StageStopTest, WhatIsInHandHasItsTime) {
  Stop patient(hours(1));
  patient.request();
  EXPECT_TRUE(patient.requested());
  EXPECT_FALSE(patient.overdue());

  Stop impatient(Duration::zero());
  impatient.request();
  EXPECT_TRUE(becomes_overdue(impatient));
}

TEST(StageStopTest, TheMessageAtHandMayTakeLongerAndTheTimeBeginsAfterIt) {
  Stop stop(Duration::zero());
  stop.busy(true);
  stop.request();
  EXPECT_FALSE(stop.wait(hours(1)));  // also a moment for the time to be over in
  EXPECT_FALSE(stop.overdue());
  stop.busy(false);
  EXPECT_TRUE(becomes_overdue(stop));
}

TEST(StageStopTest, AskingChangesNothing) {
  Stop stop(Duration::zero());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(stop.overdue());
  stop.request();
  EXPECT_TRUE(becomes_overdue(stop));
  stop.request();  // the first wish counts
  EXPECT_TRUE(stop.overdue());
}

}  // namespace
}  // namespace loom::kafka::stage
