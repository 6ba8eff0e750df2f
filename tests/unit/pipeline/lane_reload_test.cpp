// A lane whose plan or settings change while messages are under way.
#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;
using std::chrono::milliseconds;

TEST_F(LaneTest, TheGrowingBatchIsEncodedAnewByAChangedPlan) {
  assign(0);
  emit(0, 3);
  take_all();
  const auto other = test_support::id_plan("others");
  lane_.change_plan(other);
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->plan, other);
  EXPECT_EQ(rows_of(*batch), 3);
}

TEST_F(LaneTest, ABatchThatIsOutWhileThePlanChangesIsStoredByTheOldOne) {
  assign(0);
  emit(0, 3);
  take_all();
  auto out = due();
  lane_.change_plan(test_support::id_plan("others"));
  settle(std::move(out), OutcomeKind::committed);
  EXPECT_EQ(stored(0), 3);
  emit(0, 3);
  take_all();
  const auto next = due();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->plan->tables.at(0).name.name, "others");
}

TEST_F(LaneTest, ABatchThatMustGoAgainAfterThePlanChangedGoesByTheNewOne) {
  assign(0);
  emit(0, 3);
  take_all();
  auto out = due();
  const auto other = test_support::id_plan("others");
  lane_.change_plan(other);
  settle(std::move(out), OutcomeKind::retry);
  clock_.advance(milliseconds(200));
  const auto again = due();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->plan, other);
  EXPECT_EQ(rows_of(*again), 3);
  EXPECT_EQ(again->ranges.at(0).from, 0);
  EXPECT_EQ(again->ranges.at(0).to, 3);
}

TEST_F(LaneTest, AChangedPlanSetsAStoppedTopicGoing) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stop_topic);
  ASSERT_EQ(lane_.state(), LaneState::stopped);
  lane_.change_plan(test_support::id_plan("others"));
  EXPECT_EQ(lane_.state(), LaneState::running);
  EXPECT_NE(due(), nullptr);
}

TEST_F(LaneTest, TheSamePlanChangesNothing) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stop_topic);
  lane_.change_plan(lane_.plan());
  EXPECT_EQ(lane_.state(), LaneState::stopped);
}

TEST_F(LaneTest, ChangedSettingsMakeTheNextBatchDueEarlier) {
  assign(0);
  emit(0, 1);
  take_all();
  ASSERT_EQ(due(), nullptr);
  LaneSettings settings;
  settings.limits.size = 1;
  lane_.use_settings(settings);
  EXPECT_NE(due(), nullptr);
}

}  // namespace
}  // namespace loom::pipeline
