// What the log behind a stored offset may have become.
#include <gmock/gmock.h>

#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;
using std::chrono::seconds;

class LanePositionTest : public LaneTest {
 protected:
  LanePositionTest() = default;
  explicit LanePositionTest(OutOfRange policy) : LaneTest(with(policy)) {}

  static LaneSettings with(OutOfRange policy) {
    LaneSettings settings;
    settings.limits.size = 3;
    settings.log.out_of_range = policy;
    return settings;
  }
  /// Lets time pass and takes, as often as it needs to make up its mind.
  void take_for_a_while() {
    for (int i = 0; i < 6; ++i) {
      clock_.advance(seconds(1));
      take_all();
    }
  }
  [[nodiscard]] std::optional<std::int64_t> new_start() { return lane_.find(0)->new_start(); }
};

TEST_F(LanePositionTest, TheRecordBeforeTheStoredOffsetIsComparedAndNotStoredAgain) {
  QueuedSource& source = assign(0, 2, 1'001);
  for (int i = 0; i < 5; ++i) source.emit();
  source.start_at(1);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
  EXPECT_EQ(batch->ranges[0].from, 2);
  EXPECT_EQ(batch->ranges[0].to, 5);
  EXPECT_EQ(counters_.outdated_messages.load(), 0U);
}

TEST_F(LanePositionTest, AGapAfterTheAssignmentIsFetchedAgainAndMayProveToBeNone) {
  QueuedSource& source = assign(0, 2);
  for (int i = 0; i < 7; ++i) source.emit();
  source.start_at(4);
  take_all();
  EXPECT_THAT(source.seeks, ::testing::ElementsAre(2));
  EXPECT_EQ(counters_.gaps_verified.load(), 1U);
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 5) << "offsets 2 to 6";
}

TEST_F(LanePositionTest, AGapIsBelievedAtOnceOfAClientThatLeavesNothingOut) {
  QueuedSource& source = assign(0, 2);
  source.may_skip = false;
  for (int i = 0; i < 7; ++i) source.emit();
  source.start_at(4);
  take_all();
  EXPECT_THAT(source.seeks, ::testing::IsEmpty());
  EXPECT_EQ(counters_.gaps_verified.load(), 0U);
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3) << "offsets 4, 5 and 6";
}

TEST_F(LanePositionTest, ATopicMadeAgainAndFilledBeyondTheStoredOffsetIsTakenFromItsStart) {
  QueuedSource& source = assign(0, 2, 1'001);
  source.made_again(5'000);
  for (int i = 0; i < 4; ++i) source.emit();
  source.marks = source::Watermarks{.low = 0, .high = 4};
  take_for_a_while();
  EXPECT_EQ(new_start(), 0);
  EXPECT_EQ(due(), nullptr) << "nothing is stored under the old position";

  lane_.audit(0, 2, batch::StoredOffset{.partition = 0, .next_offset = 0, .epoch = 1});
  take_for_a_while();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 4);
  EXPECT_EQ(batch->ranges[0].epoch, 1);
  EXPECT_EQ(batch->ranges[0].from, 0);
}

TEST_F(LanePositionTest, ATopicMadeAgainThatIsStillShorterIsTakenFromItsStart) {
  QueuedSource& source = assign(0, 100, 1'099);
  source.made_again(5'000);
  source.emit();
  source.marks = source::Watermarks{.low = 0, .high = 1};
  source.start_at(99);
  take_for_a_while();
  EXPECT_EQ(new_start(), 0);
  EXPECT_EQ(lane_.state(), LaneState::running);
}

TEST_F(LanePositionTest, ALogThatLostItsEndStopsTheTopicInsteadOfStoringItTwice) {
  QueuedSource& source = assign(0, 100, 1'099);
  for (int i = 0; i < 90; ++i) source.emit();
  source.marks = source::Watermarks{.low = 0, .high = 90};
  source.start_at(99);
  take_for_a_while();
  EXPECT_FALSE(new_start());
  EXPECT_EQ(lane_.state(), LaneState::undecided);
  EXPECT_NE(lane_.shown_reason().find("offsets reset"), std::string::npos) << lane_.shown_reason();
  EXPECT_EQ(due(), nullptr);
}

TEST_F(LanePositionTest, ADecisionThatTheDatabaseWantsIsWaitedForUntilItIsMade) {
  QueuedSource& source = assign(0, 0);
  for (int i = 0; i < 3; ++i) source.emit();
  lane_.audit(0, 0, batch::StoredOffset{.partition = 0, .next_offset = 0, .epoch = 0, .decision = "which?"});
  EXPECT_EQ(lane_.state(), LaneState::undecided);
  take_for_a_while();
  EXPECT_EQ(due(), nullptr);
  lane_.audit(0, 0, batch::StoredOffset{.partition = 0, .next_offset = 1, .epoch = 1});
  bool fresh = false;
  EXPECT_TRUE(lane_.take_plan_request(fresh));
  lane_.use_plan(plan());
  take_for_a_while();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->ranges[0].from, 1);
}

TEST_F(LanePositionTest, ABatchThatComesBackStaleMayHaveBeenDecidedMeanwhile) {
  QueuedSource& source = assign(0, 0);
  for (int i = 0; i < 3; ++i) source.emit();
  take_all();
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  source.cut(1, 9'000);
  for (int i = 0; i < 4; ++i) source.emit();
  source.marks = source::Watermarks{.low = 0, .high = 5};
  source.put_in_doubt();
  take_for_a_while();
  ASSERT_EQ(lane_.state(), LaneState::undecided);
  settle(std::move(batch), OutcomeKind::stale, {{.partition = 0, .next_offset = 2, .epoch = 1}});
  EXPECT_EQ(lane_.state(), LaneState::waiting_for_plan);
}

TEST_F(LanePositionTest, ABrokerThatKnowsTheWholeLogASecondLaterIsBelieved) {
  QueuedSource& source = assign(0, 4);
  for (int i = 0; i < 5; ++i) source.emit();
  source.out_of_range = true;
  source.marks = source::Watermarks{.low = 0, .high = 2};
  take_all();
  clock_.advance(seconds(1));
  source.marks->high = 5;
  take_all();
  EXPECT_FALSE(lane_.find(0)->inspecting());
  EXPECT_EQ(lane_.find(0)->ledger().next(), 5);
}

TEST_F(LanePositionTest, MessagesLostToRetentionAreCountedExactly) {
  QueuedSource& source = assign(0, 10);
  source.out_of_range = true;
  source.marks = source::Watermarks{.low = 25, .high = 40};
  take_all();
  EXPECT_EQ(counters_.total(&TopicCounters::lost_to_retention), 15U);
  EXPECT_EQ(lane_.find(0)->ledger().next(), 25);
}

TEST_F(LanePositionTest, RetentionUpToTheStoredOffsetLosesNothing) {
  QueuedSource& source = assign(0, 10, 1'009);
  for (int i = 0; i < 10; ++i) source.emit();
  source.out_of_range = true;
  source.marks = source::Watermarks{.low = 10, .high = 40};
  take_all();
  EXPECT_EQ(counters_.total(&TopicCounters::lost_to_retention), 0U);
  EXPECT_EQ(source.seeks, std::vector<std::int64_t>{10});
}

class StopWhenOutOfRangeTest : public LanePositionTest {
 protected:
  StopWhenOutOfRangeTest() : LanePositionTest(OutOfRange::stop) {}
};

TEST_F(StopWhenOutOfRangeTest, RetentionStopsTheTopic) {
  QueuedSource& source = assign(0, 10);
  source.out_of_range = true;
  source.marks = source::Watermarks{.low = 25, .high = 40};
  take_all();
  EXPECT_EQ(lane_.state(), LaneState::undecided);
  EXPECT_EQ(lane_.find(0)->ledger().next(), 10);
  take_for_a_while();
  EXPECT_EQ(lane_.state(), LaneState::undecided) << "no time passes that would change that";
}

class LatestWhenOutOfRangeTest : public LanePositionTest {
 protected:
  LatestWhenOutOfRangeTest() : LanePositionTest(OutOfRange::latest) {}
};

TEST_F(LatestWhenOutOfRangeTest, RetentionLeadsToTheEndOfTheLog) {
  QueuedSource& source = assign(0, 10);
  source.out_of_range = true;
  source.marks = source::Watermarks{.low = 25, .high = 40};
  take_all();
  EXPECT_EQ(lane_.find(0)->ledger().next(), 40);
}

}  // namespace
}  // namespace loom::pipeline
