#include "pipeline/lane.h"

#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;
using std::chrono::milliseconds;

TEST_F(LaneTest, ABatchIsDueAtItsSize) {
  assign(0);
  emit(0, 2);
  take_all();
  EXPECT_EQ(due(), nullptr);
  emit(0, 1);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
}

TEST_F(LaneTest, AQuietTopicsSingleMessageIsDueAtTheTimeout) {
  assign(0);
  emit(0, 1);
  take_all();
  clock_.advance(milliseconds(499));
  EXPECT_EQ(due(), nullptr);
  EXPECT_EQ(lane_.wake_at(), clock_.now() + milliseconds(1));
  clock_.advance(milliseconds(1));
  EXPECT_NE(due(), nullptr);
}

TEST_F(LaneTest, WhileInputWaitsADueBatchFillsOnForAMoment) {
  assign(0);
  emit(0, 3);
  take_all();
  EXPECT_EQ(due(true), nullptr);
  clock_.advance(milliseconds(20));
  EXPECT_NE(due(true), nullptr);
}

TEST_F(LaneTest, AFullBatchTakesNoMoreAndGoesAtOnce) {
  assign(0);
  emit(0, 9);
  take_all();
  EXPECT_FALSE(lane_.wants_input());
  const auto batch = due(true);
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 5);
}

TEST_F(LaneTest, OnlyAFullBatchThatWaitsCanBePrepared) {
  assign(0);
  emit(0, 5);
  take_all();
  EXPECT_EQ(lane_.full_batch(), nullptr) << "it is full, and goes now";
  auto first = due();
  emit(0, 4);
  take_all();
  EXPECT_EQ(lane_.full_batch(), nullptr) << "it waits, and takes more";
  emit(0, 1);
  take_all();
  ASSERT_NE(lane_.full_batch(), nullptr);
  EXPECT_EQ(rows_of(*lane_.full_batch()), 5);
  settle(std::move(first), OutcomeKind::committed);
  EXPECT_EQ(lane_.full_batch(), nullptr);
}

TEST_F(LaneTest, WhatWillBeMergedNeedNotBePrepared) {
  assign(0);
  emit(0, 5);
  take_all();
  batch::WriteReply conflicted{.batch = due(), .outcome = {}};
  conflicted.outcome.kind = OutcomeKind::committed;
  conflicted.outcome.repeats = batch::Repeats::many;
  lane_.settle(std::move(conflicted));
  emit(0, 5);
  take_all();
  const auto merging = due();
  ASSERT_NE(merging, nullptr);
  EXPECT_EQ(merging->way, batch::Way::merge);
  emit(0, 5);
  take_all();
  EXPECT_FALSE(lane_.wants_input());
  EXPECT_EQ(lane_.full_batch(), nullptr);
}

TEST_F(LaneTest, TheNextBatchGrowsWhileOneIsOutAndWaitsForIt) {
  assign(0);
  emit(0, 3);
  take_all();
  auto first = due();
  emit(0, 3);
  take_all();
  EXPECT_EQ(due(), nullptr) << "one batch at a time keeps the order";
  settle(std::move(first), OutcomeKind::committed);
  EXPECT_EQ(stored(0), 3);
  const auto second = due();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->ranges.at(0).from, 3);
  EXPECT_EQ(second->ranges.at(0).to, 6);
}

TEST_F(LaneTest, ABatchThatWasNotStoredGoesAgainAfterAWaitWithTheSameRange) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::retry);
  EXPECT_EQ(due(), nullptr);
  clock_.advance(milliseconds(100));
  const auto again = due();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->ranges.at(0).from, 0);
  EXPECT_EQ(rows_of(*again), 3);
}

TEST_F(LaneTest, WhatTheDatabaseHasAlreadyIsNotSentAgain) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stale, {{.partition = 0, .next_offset = 3, .epoch = 0}});
  EXPECT_EQ(stored(0), 3);
  EXPECT_TRUE(lane_.idle());
}

TEST_F(LaneTest, AStalePartitionLeavesBothBatchesAndGoesWhereTheDatabaseIs) {
  QueuedSource& moved = assign(0);
  assign(1);
  emit(0, 2);
  emit(1, 2);
  take_all();
  auto out = due();
  emit(0, 1);
  emit(1, 1);
  take_all();  // these grow the next batch
  settle(std::move(out), OutcomeKind::stale,
         {{.partition = 0, .next_offset = 1, .epoch = 0}, {.partition = 1, .next_offset = 0, .epoch = 0}});
  clock_.advance(milliseconds(100));
  const auto kept = due();
  ASSERT_NE(kept, nullptr);
  ASSERT_EQ(kept->ranges.size(), 1U);
  EXPECT_EQ(kept->ranges[0].partition, 1);
  EXPECT_EQ(rows_of(*kept), 2);
  take_all();
  EXPECT_EQ(moved.seeks, std::vector<std::int64_t>{1});
  EXPECT_EQ(stored(0), 1);
}

TEST_F(LaneTest, AVanishedOffsetRowStopsTheTopic) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stale, {});
  EXPECT_EQ(lane_.state(), LaneState::stopped);
  EXPECT_NE(lane_.shown_reason().find("kafka_consumer_offsets"), std::string::npos) << lane_.shown_reason();
}

TEST_F(LaneTest, ARefusedPlanIsReadAgainAndThenStopsTheTopic) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::catalog_changed);
  bool fresh = false;
  ASSERT_TRUE(lane_.take_plan_request(fresh));
  EXPECT_TRUE(fresh);
  lane_.use_plan(plan());
  EXPECT_EQ(lane_.state(), LaneState::running);
  settle(due(), OutcomeKind::catalog_changed);
  EXPECT_EQ(lane_.state(), LaneState::stopped);
}

TEST_F(LaneTest, APlanIsFreshForAWhileAfterTheCatalogWasRead) {
  assign(0);
  emit(0, 3);
  take_all();
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_FALSE(batch->plan_is_fresh) << "the first plan may be of the start";
  settle(std::move(batch), OutcomeKind::catalog_changed);
  bool fresh = false;
  ASSERT_TRUE(lane_.take_plan_request(fresh));
  lane_.use_plan(plan());
  batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_TRUE(batch->plan_is_fresh);
  settle(std::move(batch), OutcomeKind::committed);
  clock_.advance(std::chrono::seconds(5));
  emit(0, 3);
  take_all();
  batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_FALSE(batch->plan_is_fresh);
}

TEST_F(LaneTest, ItIsSeenAsStoppedUntilWhatItStoppedForIsStored) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stop_topic);
  EXPECT_EQ(lane_.shown_state(), LaneState::stopped);
  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::seconds(5));
    bool fresh = false;
    ASSERT_TRUE(lane_.take_plan_request(fresh));
    lane_.use_plan(plan());
    EXPECT_EQ(lane_.state(), LaneState::running);
    EXPECT_EQ(lane_.shown_state(), LaneState::stopped) << "an alert must not begin anew with each try";
    settle(due(), i < 2 ? OutcomeKind::stop_topic : OutcomeKind::committed);
  }
  EXPECT_EQ(lane_.shown_state(), LaneState::running);
}

TEST_F(LaneTest, WhatIsTriedAgainForLongIsTold) {
  assign(0);
  emit(0, 3);
  take_all();
  batch::WriteReply reply{.batch = due(), .outcome = batch::Outcome::not_now("it is away")};
  ASSERT_NE(reply.batch, nullptr);
  lane_.settle(std::move(reply));
  EXPECT_EQ(lane_.long_trouble(), "");
  clock_.advance(std::chrono::seconds(11));
  EXPECT_NE(lane_.long_trouble().find("nothing is stored for 11 s, and tried again: it is away"), std::string::npos)
      << lane_.long_trouble();
  settle(due(), OutcomeKind::committed);
  EXPECT_EQ(lane_.long_trouble(), "");
}

TEST_F(LaneTest, ItsTroubleHasTheCauseFromTheFirstFailureUntilSomethingIsStored) {
  const auto fails_by = [this](OutcomeKind kind, batch::Cause cause) {
    clock_.advance(std::chrono::seconds(3));
    batch::WriteReply reply{.batch = due(), .outcome = {}};
    ASSERT_NE(reply.batch, nullptr);
    reply.outcome.kind = kind;
    reply.outcome.cause = cause;
    reply.outcome.sqlstate = "99999";
    reply.outcome.message = "no";
    lane_.settle(std::move(reply));
  };
  assign(0);
  emit(0, 3);
  take_all();
  EXPECT_FALSE(lane_.trouble());
  fails_by(OutcomeKind::retry, batch::Cause::disk_full);
  ASSERT_TRUE(lane_.trouble());
  EXPECT_EQ(lane_.trouble()->cause, batch::Cause::disk_full);
  EXPECT_EQ(lane_.trouble()->says, "99999 no");
  const TimePoint since = lane_.trouble()->since;
  fails_by(OutcomeKind::retry, batch::Cause::disk_full);
  EXPECT_EQ(lane_.trouble()->since, since) << "it is the same trouble";
  fails_by(OutcomeKind::catalog_changed, batch::Cause::no_privilege);
  EXPECT_EQ(lane_.trouble()->cause, batch::Cause::no_privilege);
  EXPECT_GT(lane_.trouble()->since, since);
  bool fresh = false;
  ASSERT_TRUE(lane_.take_plan_request(fresh));
  lane_.use_plan(plan());
  EXPECT_TRUE(lane_.trouble()) << "the same batch still waits";
  settle(due(), OutcomeKind::committed);
  EXPECT_FALSE(lane_.trouble());
  const auto counted = counters_.retries();
  EXPECT_EQ(counted.at({batch::Cause::disk_full, "99999"}), 2U);
  EXPECT_EQ(counted.at({batch::Cause::no_privilege, "99999"}), 1U);
}

TEST_F(LaneTest, ATableThatIsMissingIsATroubleUntilThereIsAPlan) {
  assign(0);
  lane_.plan_failed("there is no table", batch::Cause::schema);
  ASSERT_TRUE(lane_.trouble());
  EXPECT_EQ(lane_.trouble()->cause, batch::Cause::schema);
  static_cast<void>(lane_.take_settled());
  EXPECT_TRUE(lane_.trouble()) << "it is idle, and stopped all the same";
  lane_.use_plan(plan());
  EXPECT_FALSE(lane_.trouble());
}

TEST_F(LaneTest, WhileABatchIsOutItIsKnownSinceWhen) {
  assign(0);
  emit(0, 3);
  take_all();
  EXPECT_FALSE(lane_.out_since());
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(lane_.out_since(), clock_.now());
  settle(std::move(batch), OutcomeKind::committed);
  EXPECT_FALSE(lane_.out_since());
}

TEST_F(LaneTest, AMessageThatFailedAloneGoesAgainWithThoseThatHaveComeSince) {
  assign(0);
  emit(0, 1);
  take_all();
  clock_.advance(std::chrono::seconds(1));
  batch::WriteReply reply{.batch = due(), .outcome = {}};
  ASSERT_NE(reply.batch, nullptr);
  reply.outcome.kind = OutcomeKind::stop_topic;
  reply.outcome.wants_company = true;
  lane_.settle(std::move(reply));
  EXPECT_EQ(lane_.state(), LaneState::stopped);
  emit(0, 2);
  clock_.advance(std::chrono::seconds(5));
  bool fresh = false;
  ASSERT_TRUE(lane_.take_plan_request(fresh));
  lane_.use_plan(plan());
  take_all();
  clock_.advance(std::chrono::seconds(1));
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
  EXPECT_TRUE(batch->plan_is_fresh);
  settle(std::move(batch), OutcomeKind::committed);
  EXPECT_EQ(stored(0), 3);
}

TEST_F(LaneTest, AStoppedTopicTriesAgainByItself) {
  assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::stop_topic);
  bool fresh = false;
  EXPECT_FALSE(lane_.take_plan_request(fresh));
  EXPECT_FALSE(lane_.wants_input());
  clock_.advance(std::chrono::seconds(5));
  EXPECT_TRUE(lane_.take_plan_request(fresh));
}

TEST_F(LaneTest, ACrashThatTookBackTheLastCommitIsNoticedWithoutANextMessage) {
  QueuedSource& quiet = assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::committed);
  lane_.audit(0, 3, batch::StoredOffset{.partition = 0, .next_offset = 0, .epoch = 0});
  take_all();
  EXPECT_EQ(quiet.seeks, std::vector<std::int64_t>{0});
  const auto again = due();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(rows_of(*again), 3);
}

TEST_F(LaneTest, AnAuditThatIsOutOfDateChangesNothing) {
  QueuedSource& source = assign(0);
  emit(0, 3);
  take_all();
  settle(due(), OutcomeKind::committed);
  lane_.audit(0, 0, batch::StoredOffset{.partition = 0, .next_offset = 0, .epoch = 0});
  EXPECT_EQ(stored(0), 3);
  EXPECT_TRUE(source.seeks.empty());
}

TEST_F(LaneTest, AReleasedPartitionLeavesWhenItsRowsAreStored) {
  assign(0);
  emit(0, 1);
  take_all();
  lane_.release(0);
  auto last = due();
  ASSERT_NE(last, nullptr) << "a flush does not wait for the timeout";
  EXPECT_TRUE(lane_.take_settled().empty());
  settle(std::move(last), OutcomeKind::committed);
  EXPECT_EQ(lane_.take_settled().size(), 1U);
  EXPECT_TRUE(lane_.empty());
}

TEST_F(LaneTest, ALostPartitionTakesItsRowsAlong) {
  assign(0);
  assign(1);
  emit(0, 2);
  emit(1, 1);
  take_all();
  EXPECT_NE(lane_.discard(0), nullptr);
  clock_.advance(milliseconds(500));
  const auto rest = due();
  ASSERT_NE(rest, nullptr);
  ASSERT_EQ(rest->ranges.size(), 1U);
  EXPECT_EQ(rest->ranges[0].partition, 1);
  EXPECT_EQ(rows_of(*rest), 1);
}

TEST_F(LaneTest, BadMessagesAreRejectedAndCountedWhenTheyAreStored) {
  assign(0);
  emit(0, 2);
  emit(0, 1, false);
  take_all();
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->rejected.size(), 1U);
  settle(std::move(batch), OutcomeKind::committed);
  EXPECT_EQ(counters_.of("readings").dead_letters[static_cast<std::size_t>(RejectReason::invalid_json)].load(), 1U);
  EXPECT_EQ(counters_.total(&TopicCounters::rows), 2U);
}

/// How often the database runs out of time on the batch that is due before the lane does something else about it.
class SlowTableTest : public LaneTest {
 protected:
  void time_out(batch::TooLarge too_large = batch::TooLarge::perhaps) {
    clock_.advance(std::chrono::seconds(5));
    take_all();
    batch::WriteReply reply{.batch = due(), .outcome = {}};
    ASSERT_NE(reply.batch, nullptr);
    sizes_.push_back(reply.batch->messages.size());
    reply.outcome.kind = OutcomeKind::retry;
    reply.outcome.too_large = too_large;
    lane_.settle(std::move(reply));
  }
  std::vector<std::size_t> sizes_;
};

TEST_F(SlowTableTest, OurOwnTimeoutFourTimesOverHalvesTheBatchesUntilOneMessageStopsTheTopic) {
  assign(0);
  emit(0, 5);
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(lane_.state(), LaneState::running);
    time_out();
  }
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{5, 5, 5, 5, 2, 1}));
  EXPECT_EQ(lane_.state(), LaneState::stopped);
  EXPECT_EQ(stored(0), 0);
}

TEST_F(SlowTableTest, WhatIsSurelyTooLargeIsHalvedAtOnce) {
  assign(0);
  emit(0, 5);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(lane_.state(), LaneState::running);
    time_out(batch::TooLarge::surely);
  }
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{5, 2, 1}));
  EXPECT_EQ(lane_.state(), LaneState::stopped);
}

TEST_F(SlowTableTest, BatchesGrowAgainWhenTheyAreStored) {
  assign(0);
  emit(0, 12);
  for (int i = 0; i < 4; ++i) time_out();
  std::vector<std::int64_t> stored_each;
  while (stored(0) < 12) {
    take_all();
    clock_.advance(std::chrono::seconds(1));
    auto batch = due();
    ASSERT_NE(batch, nullptr);
    stored_each.push_back(rows_of(*batch));
    settle(std::move(batch), OutcomeKind::committed);
  }
  EXPECT_EQ(stored_each, (std::vector<std::int64_t>{2, 4, 5, 1}));
}

}  // namespace
}  // namespace loom::pipeline
