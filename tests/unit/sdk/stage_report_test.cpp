#include <gtest/gtest.h>

#include "sdk/stage/report.h"

namespace loom::kafka::stage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(StageTallyTest, TellsRatesAndMeansOfItsStretchOfTimeAndBeginsAnew) {
  const TimePoint start{seconds(1000)};
  Tally tally(start);
  EXPECT_FALSE(tally.due(start + seconds(29), seconds(30)));
  EXPECT_TRUE(tally.due(start + seconds(30), seconds(30)));
  tally.processed(milliseconds(10), false);
  tally.processed(milliseconds(30), true);
  tally.rebalanced(2);
  const ProcessingMetrics first = tally.take("svc", start + seconds(4));
  EXPECT_EQ(first.service_name, "svc");
  EXPECT_EQ(first.messages_processed, 2);
  EXPECT_DOUBLE_EQ(first.messages_per_second, 0.5);
  EXPECT_DOUBLE_EQ(first.processing_time_ms, 20);
  EXPECT_EQ(first.errors, 1);
  EXPECT_EQ(first.rebalances, 2);
  EXPECT_GT(first.memory_usage_mb, 1);

  const ProcessingMetrics second = tally.take("svc", start + seconds(8));
  EXPECT_EQ(second.messages_processed, 0);
  EXPECT_DOUBLE_EQ(second.messages_per_second, 0);
  EXPECT_DOUBLE_EQ(second.processing_time_ms, 0);
  EXPECT_EQ(second.errors + second.rebalances, 0);
}

}  // namespace
}  // namespace loom::kafka::stage
