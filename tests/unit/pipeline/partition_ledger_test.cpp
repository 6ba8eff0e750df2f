#include "pipeline/partition_ledger.h"

#include <gtest/gtest.h>

namespace loom::pipeline {
namespace {

PartitionLedger at_100() { return {3, 100, 0}; }

void take(PartitionLedger& ledger, std::int64_t offset) {
  ASSERT_EQ(ledger.check(offset, 0), NextOffset::take);
  ledger.take(offset, 1700);
}

TEST(PartitionLedger, TakesWhatComesNextAndSkipsWhatWasTaken) {
  auto ledger = at_100();
  take(ledger, 100);
  take(ledger, 101);
  EXPECT_EQ(ledger.check(101, 0), NextOffset::skip);
  EXPECT_EQ(ledger.check(5, 0), NextOffset::skip);
  EXPECT_EQ(ledger.next(), 102);
}

TEST(PartitionLedger, BelievesAGapInARunningStreamAtOnce) {
  auto ledger = at_100();
  take(ledger, 100);
  EXPECT_EQ(ledger.check(150, 0), NextOffset::take);
}

TEST(PartitionLedger, BelievesAGapAfterSeekOnlyWhenItIsSeenTwice) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(150, 0), NextOffset::verify);
  ledger.placed(Placed::by_seek);
  EXPECT_EQ(ledger.check(150, 0), NextOffset::take);
}

TEST(PartitionLedger, TakesTheSkippedMessageWhenTheSecondFetchFindsIt) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(150, 0), NextOffset::verify);
  ledger.placed(Placed::by_seek);
  EXPECT_EQ(ledger.check(100, 0), NextOffset::take);
}

TEST(PartitionLedger, DoubtsADifferentGapInTheSecondFetch) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(150, 0), NextOffset::verify);
  ledger.placed(Placed::by_seek);
  EXPECT_EQ(ledger.check(120, 0), NextOffset::verify);
}

TEST(PartitionLedger, GrowthGoesFromWhatWasHandedOverToWhatWasTaken) {
  auto ledger = at_100();
  take(ledger, 100);
  ledger.hand_over();
  EXPECT_FALSE(ledger.has_growth());
  take(ledger, 101);
  const auto range = ledger.growth();
  EXPECT_EQ(range.from, 101);
  EXPECT_EQ(range.to, 102);
  EXPECT_EQ(range.partition, 3);
  EXPECT_EQ(range.last_timestamp_ms, 1700);
  EXPECT_TRUE(ledger.in_flight());
}

TEST(PartitionLedger, CommitsOnlyTheRangeInFlight) {
  auto ledger = at_100();
  take(ledger, 100);
  const auto range = ledger.growth();
  ledger.hand_over();
  auto other = range;
  other.to = 200;
  EXPECT_FALSE(ledger.mark_stored(other));
  EXPECT_FALSE(ledger.settled());
  EXPECT_TRUE(ledger.mark_stored(range));
  EXPECT_TRUE(ledger.settled());
  EXPECT_FALSE(ledger.mark_stored(range)) << "a late second answer must change nothing";
}

TEST(PartitionLedger, RewindForgetsEverythingAfterTheOffset) {
  auto ledger = at_100();
  take(ledger, 100);
  ledger.hand_over();
  take(ledger, 101);
  ledger.rewind(42, 7);
  EXPECT_TRUE(ledger.settled());
  EXPECT_EQ(ledger.next(), 42);
  EXPECT_EQ(ledger.epoch(), 7);
  EXPECT_EQ(ledger.check(43, 0), NextOffset::verify);
}

TEST(PartitionLedger, AdvancesBeyondControlRecordsButNeverBack) {
  auto ledger = at_100();
  ledger.advance_to(103);
  EXPECT_EQ(ledger.growth().to, 103);
  ledger.advance_to(101);
  EXPECT_EQ(ledger.next(), 103);
}

TEST(PartitionLedger, ComparesTheRecordBeforeTheStoredOffsetOnce) {
  PartitionLedger ledger(0, 100, 0, 5'000);
  EXPECT_EQ(ledger.position(), 99);
  EXPECT_EQ(ledger.check(99, 5'000), NextOffset::known);
  EXPECT_EQ(ledger.check(99, 5'000), NextOffset::skip);
  EXPECT_EQ(ledger.position(), 100);
}

TEST(PartitionLedger, TellsAnotherRecordInItsPlace) {
  PartitionLedger ledger(0, 100, 0, 5'000);
  EXPECT_EQ(ledger.check(99, 5'001), NextOffset::foreign);
}

TEST(PartitionLedger, AsksForNoProofWhereNothingIsKnown) {
  EXPECT_EQ(PartitionLedger(0, 100, 0, -1).position(), 100);
  EXPECT_EQ(PartitionLedger(0, 0, 0, 5'000).position(), 0);
}

TEST(CompareRange, AnswersForEveryStanding) {
  const batch::OffsetRange range{.partition = 0, .epoch = 2, .from = 10, .to = 20, .last_timestamp_ms = -1};
  using batch::StoredOffset;
  EXPECT_EQ(compare(range, StoredOffset{0, 20, 2}), Standing::committed);
  EXPECT_EQ(compare(range, StoredOffset{0, 10, 2}), Standing::not_committed);
  EXPECT_EQ(compare(range, StoredOffset{0, 15, 2}), Standing::stale);
  EXPECT_EQ(compare(range, StoredOffset{0, 10, 3}), Standing::stale) << "another epoch";
  EXPECT_EQ(compare(range, StoredOffset{0, 20, 3}), Standing::stale) << "another epoch";
  EXPECT_EQ(compare(range, std::nullopt), Standing::stale);
}

}  // namespace
}  // namespace loom::pipeline
