#include "pipeline/partition_ledger.h"

#include <gtest/gtest.h>

namespace loom::pipeline {
namespace {

PartitionLedger at_100() { return {3, 100, 0}; }

Message record(std::int64_t offset, std::int64_t timestamp_ms = 0, std::string_view value = "{}") {
  Message message;
  message.offset = offset;
  message.timestamp_ms = timestamp_ms;
  message.value = value;
  message.has_value = true;
  return message;
}

/// Of which the last record has this timestamp, and its content is not known, as rows of older versions have it.
PartitionLedger after_a_record_of(std::int64_t timestamp_ms) {
  return {0, 100, 0, RecordMarks({.offset = 99, .timestamp_ms = timestamp_ms})};
}

void take(PartitionLedger& ledger, std::int64_t offset) {
  const Message message = record(offset, 1700);
  ASSERT_EQ(ledger.check(message), NextOffset::take);
  ledger.take(message);
}
/// Takes and hands over: [from, to).
batch::OffsetRange store(PartitionLedger& ledger, std::int64_t from, std::int64_t to) {
  for (std::int64_t offset = from; offset < to; ++offset) take(ledger, offset);
  const Message last = record(to - 1, 1700);
  auto range = ledger.hand_over(&last);
  ledger.mark_stored(range);
  return range;
}

TEST(PartitionLedger, TakesWhatComesNextAndSkipsWhatWasTaken) {
  auto ledger = at_100();
  take(ledger, 100);
  take(ledger, 101);
  EXPECT_EQ(ledger.check(record(101, 0)), NextOffset::skip);
  EXPECT_EQ(ledger.check(record(5, 0)), NextOffset::skip);
  EXPECT_EQ(ledger.next(), 102);
}

TEST(PartitionLedger, BelievesAGapInARunningStreamAtOnce) {
  auto ledger = at_100();
  take(ledger, 100);
  EXPECT_EQ(ledger.check(record(150, 0)), NextOffset::take);
}

TEST(PartitionLedger, BelievesAGapAfterSeekOnlyWhenItIsSeenTwice) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(record(150, 0)), NextOffset::verify);
  ledger.placed(true);
  EXPECT_EQ(ledger.check(record(150, 0)), NextOffset::take);
}

TEST(PartitionLedger, TakesTheSkippedMessageWhenTheSecondFetchFindsIt) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(record(150, 0)), NextOffset::verify);
  ledger.placed(true);
  EXPECT_EQ(ledger.check(record(100, 0)), NextOffset::take);
}

TEST(PartitionLedger, DoubtsADifferentGapInTheSecondFetch) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(record(150, 0)), NextOffset::verify);
  ledger.placed(true);
  EXPECT_EQ(ledger.check(record(120, 0)), NextOffset::verify);
}

TEST(PartitionLedger, WhatWasSeenBeforeADoubtIsNoFirstLook) {
  auto ledger = at_100();
  EXPECT_EQ(ledger.check(record(150)), NextOffset::verify);
  ledger.placed();
  EXPECT_EQ(ledger.check(record(150)), NextOffset::verify);
}

TEST(PartitionLedger, GrowthGoesFromWhatWasHandedOverToWhatWasTaken) {
  auto ledger = at_100();
  take(ledger, 100);
  ledger.hand_over(nullptr);
  EXPECT_FALSE(ledger.has_growth());
  take(ledger, 101);
  EXPECT_TRUE(ledger.in_flight());
  const auto range = ledger.hand_over(nullptr);
  EXPECT_EQ(range.from, 101);
  EXPECT_EQ(range.to, 102);
  EXPECT_EQ(range.partition, 3);
  EXPECT_EQ(range.last_timestamp_ms, 1700);
}

TEST(PartitionLedger, CommitsOnlyTheRangeInFlight) {
  auto ledger = at_100();
  take(ledger, 100);
  const auto range = ledger.hand_over(nullptr);
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
  ledger.hand_over(nullptr);
  take(ledger, 101);
  ledger.rewind(42, 7);
  EXPECT_TRUE(ledger.settled());
  EXPECT_EQ(ledger.next(), 42);
  EXPECT_EQ(ledger.epoch(), 7);
  EXPECT_EQ(ledger.check(record(43, 0)), NextOffset::verify);
}

TEST(PartitionLedger, AdvancesBeyondControlRecordsButNeverBack) {
  auto ledger = at_100();
  ledger.advance_to(103);
  ledger.advance_to(101);
  EXPECT_EQ(ledger.next(), 103);
  EXPECT_EQ(ledger.hand_over(nullptr).to, 103);
}

TEST(PartitionLedger, ComparesTheRecordBeforeTheStoredOffsetOnce) {
  auto ledger = after_a_record_of(5'000);
  EXPECT_EQ(ledger.position(), 99);
  EXPECT_EQ(ledger.check(record(99, 5'000)), NextOffset::known);
  EXPECT_EQ(ledger.check(record(99, 5'000)), NextOffset::skip);
  EXPECT_EQ(ledger.position(), 100);
}

TEST(PartitionLedger, TellsAnotherRecordInItsPlace) {
  auto ledger = after_a_record_of(5'000);
  EXPECT_EQ(ledger.check(record(99, 5'001)), NextOffset::foreign);
}

TEST(PartitionLedger, TellsThatTheRecordIsNotThere) {
  for (int way = 0; way < 2; ++way) {
    auto ledger = at_100();
    store(ledger, 100, 103);
    ledger.placed();
    EXPECT_EQ(way == 0 ? ledger.check(record(103)) : ledger.check_end(103), NextOffset::missing);
  }
}

/// A row of an older version: a transaction's marker may stand where the record is thought to be.
TEST(PartitionLedger, ARecordThatIsOnlyGuessedProvesNothingWhereItIsNotThere) {
  auto ledger = after_a_record_of(5'000);
  EXPECT_EQ(ledger.check(record(100)), NextOffset::take);
  EXPECT_EQ(after_a_record_of(5'000).check_end(100), NextOffset::take);
}

TEST(PartitionLedger, WithTheMarksTheLastTimestampIsForgotten) {
  auto ledger = after_a_record_of(5'000);
  ledger.forget_marks();
  EXPECT_EQ(ledger.last_timestamp(), -1);
}

TEST(PartitionLedger, AsksForNoProofWhereNothingIsKnown) { EXPECT_EQ(PartitionLedger(0, 100, 0).position(), 100); }

TEST(PartitionLedger, WantsTheLastRecordAgainWhereverItsSourceIsSet) {
  auto ledger = at_100();
  store(ledger, 100, 103);
  ledger.placed();
  EXPECT_EQ(ledger.position(), 102);
  EXPECT_EQ(ledger.check(record(102, 1700)), NextOffset::known);
  EXPECT_EQ(ledger.check(record(103, 1700)), NextOffset::take);
}

TEST(PartitionLedger, ARecordOfTheSameInstantWithAnotherContentIsAnotherOne) {
  auto ledger = at_100();
  store(ledger, 100, 103);
  ledger.placed();
  EXPECT_EQ(ledger.check(record(102, 1700, "{ }")), NextOffset::foreign);
}

TEST(PartitionLedger, RemembersWhereBatchesMet) {
  auto ledger = at_100();
  store(ledger, 100, 103);
  const RecordMarks marks = store(ledger, 103, 105).marks;
  EXPECT_EQ(marks.newest().offset, 104);
  ASSERT_EQ(marks.seams().size(), 2U);
  EXPECT_FALSE(marks.seams()[0].before.known()) << "nothing was read before";
  EXPECT_EQ(marks.seams()[0].after.offset, 100);
  EXPECT_EQ(marks.seams()[1].before.offset, 102);
  EXPECT_EQ(marks.seams()[1].after.offset, 103);
}

TEST(PartitionLedger, ARewindLeavesTheRecordBeforeIt) {
  auto ledger = at_100();
  store(ledger, 100, 103);
  store(ledger, 103, 105);
  ledger.rewind(103, 1);
  EXPECT_EQ(ledger.position(), 102);
}

TEST(PartitionLedger, WhatStandsBetweenTheProofAndTheNextOffsetIsKnown) {
  auto ledger = at_100();
  store(ledger, 100, 103);
  store(ledger, 103, 110);
  ledger.rewind(106, 1);
  EXPECT_EQ(ledger.position(), 103) << "the newest of what is remembered";
  EXPECT_EQ(ledger.check(record(103, 1700)), NextOffset::known);
  EXPECT_EQ(ledger.check(record(104, 1700)), NextOffset::known);
  EXPECT_EQ(ledger.check(record(105, 1700)), NextOffset::known);
  EXPECT_EQ(ledger.check(record(106, 1700)), NextOffset::take);
}

TEST(PartitionLedger, KnowsWhatIsReadAgain) {
  auto ledger = at_100();
  ledger.expect_dead_letters(105);
  ledger.take(record(102, 1700));
  auto range = ledger.hand_over(nullptr);
  EXPECT_TRUE(range.read_again);
  ledger.mark_stored(range);
  ledger.take(record(109, 1700));
  range = ledger.hand_over(nullptr);
  EXPECT_TRUE(range.read_again) << "it begins at 103";
  ledger.mark_stored(range);
  ledger.take(record(110, 1700));
  EXPECT_FALSE(ledger.hand_over(nullptr).read_again);

  // The database was set back while this ran.
  ledger.rewind(104, 1);
  ledger.take(record(109, 1700));
  range = ledger.hand_over(nullptr);
  EXPECT_TRUE(range.read_again);
  ledger.mark_stored(range);
  ledger.take(record(110, 1700));
  EXPECT_FALSE(ledger.hand_over(nullptr).read_again) << "what was not stored is read for the first time";
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
