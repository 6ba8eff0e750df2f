#include "pipeline/partition_reader.h"

#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using std::chrono::milliseconds;

/// A reader of partition 0, alone.
class PartitionReaderTest : public ::testing::Test {
 protected:
  /// `last_timestamp_ms`: of the last stored record; -1: not known.
  PartitionReader& reader_at(std::int64_t stored, std::int64_t last_timestamp_ms = -1) {
    auto source = std::make_unique<QueuedSource>("readings", 0);
    source_ = source.get();
    RecordMarks marks;
    if (last_timestamp_ms >= 0) marks = RecordMarks({.offset = stored - 1, .timestamp_ms = last_timestamp_ms});
    PartitionLedger ledger(0, stored, 0, std::move(marks));
    source->start_at(ledger.position());
    return reader_.emplace(std::move(source), std::move(ledger));
  }
  void emit(int messages) {
    for (int i = 0; i < messages; ++i) source_->emit();
  }
  Reading read(const LogPolicies& policies = {}) {
    Reading reading = reader_->read(clock_, policies, silence_);
    if (std::holds_alternative<Message>(reading)) silence_.note_taken(clock_.now());
    return reading;
  }
  Step step() {
    const Reading reading = read();
    EXPECT_TRUE(std::holds_alternative<Step>(reading)) << reading.index();
    return std::holds_alternative<Step>(reading) ? std::get<Step>(reading) : Step::nothing;
  }
  /// The first step that is more than reading on.
  Step read_on() {
    Step last = step();
    for (int i = 0; i < 100 && last == Step::passed; ++i) last = step();
    return last;
  }
  std::int64_t offset_of_next() {
    const Reading reading = read();
    const auto* const message = std::get_if<Message>(&reading);
    return message == nullptr ? -1 : message->offset;
  }

  test_support::ManualClock clock_;
  Silence silence_{clock_.now()};
  QueuedSource* source_ = nullptr;
  std::optional<PartitionReader> reader_;
};

TEST_F(PartitionReaderTest, GivesMessagesInOrderAndThenNothing) {
  reader_at(0);
  emit(2);
  EXPECT_EQ(offset_of_next(), 0);
  EXPECT_EQ(offset_of_next(), 1);
  EXPECT_EQ(step(), Step::nothing);
}

TEST_F(PartitionReaderTest, PassesTheRecordThatProvesItsPosition) {
  reader_at(2, 1'001);
  emit(3);
  EXPECT_EQ(step(), Step::passed);
  EXPECT_EQ(offset_of_next(), 2);
}

TEST_F(PartitionReaderTest, FetchesAGapRightAfterItsPositionTwice) {
  reader_at(0);
  emit(5);
  source_->start_at(3);
  EXPECT_EQ(step(), Step::gap_doubted);
  EXPECT_TRUE(reader_->seek_pending());
  EXPECT_EQ(offset_of_next(), 0) << "the second fetch found what the first had skipped";
  EXPECT_EQ(source_->seeks, std::vector<std::int64_t>{0});
}

TEST_F(PartitionReaderTest, PassesWhatItGaveBefore) {
  reader_at(0);
  emit(2);
  EXPECT_EQ(offset_of_next(), 0);
  EXPECT_EQ(offset_of_next(), 1);
  source_->start_at(0);
  EXPECT_EQ(step(), Step::outdated);
}

TEST_F(PartitionReaderTest, TriesARefusedSeekAgainAfterAMoment) {
  reader_at(0);
  emit(1);
  source_->refuses_seeks = true;
  reader_->go_back({.partition = 0, .next_offset = 0, .epoch = 1});
  EXPECT_EQ(step(), Step::not_yet);
  source_->refuses_seeks = false;
  EXPECT_EQ(step(), Step::not_yet) << "not at once";
  clock_.advance(milliseconds(200));
  EXPECT_EQ(offset_of_next(), 0);
}

TEST_F(PartitionReaderTest, SaysHowManyMessagesRetentionTook) {
  reader_at(10);
  source_->out_of_range = true;
  source_->marks = source::Watermarks{.low = 25, .high = 40};
  const Reading reading = read();
  ASSERT_TRUE(std::holds_alternative<LostToRetention>(reading));
  EXPECT_EQ(std::get<LostToRetention>(reading).messages, 15);
}

TEST_F(PartitionReaderTest, WantsItsTopicStoppedWhereThePolicySaysSo) {
  reader_at(10);
  source_->out_of_range = true;
  source_->marks = source::Watermarks{.low = 25, .high = 40};
  const Reading reading = read({.out_of_range = OutOfRange::stop});
  ASSERT_TRUE(std::holds_alternative<DecisionWanted>(reading));
  EXPECT_NE(std::get<DecisionWanted>(reading).why.find("15 messages"), std::string::npos);
}

TEST_F(PartitionReaderTest, ReadsNothingMoreOfANewLogUntilItsPositionIsStored) {
  reader_at(2, 1'001);
  source_->made_again(5'000);
  emit(4);
  source_->marks = source::Watermarks{.low = 0, .high = 4};
  EXPECT_EQ(step(), Step::passed) << "the record before the position is another one";
  EXPECT_TRUE(reader_->inspecting());
  EXPECT_EQ(read_on(), Step::new_log);
  EXPECT_TRUE(reader_->closed());
  EXPECT_EQ(reader_->new_start(), 0);
  reader_->go_back({.partition = 0, .next_offset = 0, .epoch = 1});
  EXPECT_FALSE(reader_->closed());
  EXPECT_EQ(offset_of_next(), 0);
}

// ---- A log that is put in doubt

/// What was read is stored: the first `batches` of three records each.
class StoredLogTest : public PartitionReaderTest {
 protected:
  StoredLogTest() {
    reader_at(0);
    for (int i = 0; i < 3; ++i) store_three();
  }
  void store_three() {
    emit(3);
    Message last;
    for (int i = 0; i < 3; ++i) {
      Reading reading = read();
      ASSERT_TRUE(std::holds_alternative<Message>(reading)) << reading.index();
      last = std::move(std::get<Message>(reading));
    }
    reader_->mark_stored(reader_->hand_over(&last));
  }
  /// Reads on, in as much time as it takes, until there is something other than a step.
  Reading outcome(const LogPolicies& policies = {}) {
    for (int i = 0; i < 100; ++i) {
      Reading reading = read(policies);
      if (!std::holds_alternative<Step>(reading)) return reading;
      clock_.advance(milliseconds(500));
    }
    return Step::nothing;
  }
  void cut_to(std::int64_t end) {
    source_->cut(end, 9'000);
    source_->marks = source::Watermarks{.low = 0, .high = end};
  }
  void emit_after_cut(int messages) {
    emit(messages);
    source_->marks->high += messages;
  }
  void store_new_start() { go_back(*reader_->new_start()); }
  void go_back(std::int64_t next_offset) {
    RecordMarks marks = reader_->ledger().marks();
    marks.forget_from(next_offset);
    reader_->go_back({.partition = 0, .next_offset = next_offset, .epoch = 1, .marks = std::move(marks)});
  }
};

TEST_F(StoredLogTest, WhatFollowsADoubtIsTakenAfterTheLastRecordIsSeenAgain) {
  emit(2);
  source_->put_in_doubt();
  EXPECT_EQ(step(), Step::doubted);
  EXPECT_EQ(offset_of_next(), -1) << "the record that was read last";
  EXPECT_EQ(source_->seeks, std::vector<std::int64_t>{8});
  EXPECT_EQ(offset_of_next(), 9) << "nothing is left out";
  EXPECT_EQ(offset_of_next(), 10);
}

TEST_F(StoredLogTest, WhatWasTakenBeforeADoubtGoesOutBeforeItIsReadOn) {
  emit(2);
  Reading reading = read();
  const Message taken = std::move(std::get<Message>(reading));
  source_->put_in_doubt();
  EXPECT_EQ(step(), Step::doubted);
  EXPECT_TRUE(reader_->closed());
  reader_->mark_stored(reader_->hand_over(&taken));
  EXPECT_FALSE(reader_->closed());
  EXPECT_EQ(step(), Step::passed);
  EXPECT_EQ(source_->seeks, std::vector<std::int64_t>{9});
}

TEST_F(StoredLogTest, ASilenceIsADoubt) {
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(500));
  emit(1);
  EXPECT_EQ(step(), Step::doubted);
  EXPECT_EQ(step(), Step::passed);
  EXPECT_EQ(offset_of_next(), 9);
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(30));
  emit(1);
  EXPECT_EQ(offset_of_next(), 10) << "so short a one is none";
}

TEST_F(StoredLogTest, ASlowBrokerIsDoubtedLessAndLess) {
  for (const auto slow : {milliseconds(30), milliseconds(50)}) {
    EXPECT_EQ(step(), Step::nothing);
    clock_.advance(slow);
    emit(1);
    EXPECT_EQ(step(), Step::doubted);
    source_->cut(9, 2'000);  // what was fetched is thrown away, and takes as long again
    EXPECT_EQ(step(), Step::passed);
  }
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(70));
  emit(1);
  EXPECT_EQ(offset_of_next(), 9) << "it comes on at last";
}

TEST_F(StoredLogTest, TimeInWhichNobodyLookedIsNoSilence) {
  EXPECT_EQ(step(), Step::nothing);
  emit(1);
  reader_->note_ready(clock_.now());
  clock_.advance(milliseconds(5'000));
  EXPECT_EQ(offset_of_next(), 9);
}

TEST_F(StoredLogTest, APartitionIsNoneWhileOthersOfItsTopicHaveMessages) {
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(500));
  silence_.note_taken(clock_.now());
  emit(1);
  EXPECT_EQ(offset_of_next(), 9);
}

TEST_F(StoredLogTest, ASilenceThatAnotherPartitionFoundOutIsADoubtHere) {
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(500));
  silence_.note_came(clock_.now());
  silence_.note_taken(clock_.now());
  emit(1);
  EXPECT_EQ(step(), Step::doubted);
  EXPECT_EQ(offset_of_next(), -1) << "the record at 8";
  EXPECT_EQ(offset_of_next(), 9);
}

TEST_F(StoredLogTest, AnEndOfThePartitionEndsNoSilence) {
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(5));
  reader_->note_ready(clock_.now());
  source_->reach_end();
  EXPECT_EQ(step(), Step::passed);
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(500));
  emit(1);
  reader_->note_ready(clock_.now());
  EXPECT_EQ(step(), Step::doubted);
}

TEST_F(StoredLogTest, ASilenceIsNoDoubtWhileABatchGrows) {
  emit(1);
  EXPECT_EQ(offset_of_next(), 9);
  EXPECT_EQ(step(), Step::nothing);
  clock_.advance(milliseconds(500));
  emit(1);
  EXPECT_EQ(offset_of_next(), 10);
}

TEST_F(StoredLogTest, WhatIsFetchedAnewFindsItsNewStartAgain) {
  emit(3);
  Message last;
  for (int i = 0; i < 3; ++i) last = std::get<Message>(read());
  const batch::OffsetRange out = reader_->hand_over(&last);
  cut_to(9);
  emit_after_cut(10);
  source_->put_in_doubt();
  ASSERT_TRUE(std::holds_alternative<Replaced>(outcome()));
  ASSERT_EQ(reader_->new_start(), 9);
  reader_->take_again(out);
  EXPECT_FALSE(reader_->new_start());
  EXPECT_EQ(offset_of_next(), -1) << "the record at 8";
  EXPECT_EQ(offset_of_next(), 9);
}

TEST_F(StoredLogTest, ALogCutBetweenTwoBatchesGoesOnThere) {
  cut_to(6);
  emit_after_cut(10);
  source_->put_in_doubt();
  const Reading found = outcome();
  ASSERT_TRUE(std::holds_alternative<Replaced>(found)) << found.index();
  EXPECT_EQ(std::get<Replaced>(found).records, 3);
  EXPECT_EQ(reader_->new_start(), 6);
  EXPECT_TRUE(reader_->closed());
  store_new_start();
  EXPECT_EQ(offset_of_next(), -1) << "the record at 5, which is the same";
  EXPECT_EQ(offset_of_next(), 6);
}

TEST_F(StoredLogTest, ALogCutToTheEndOfABatchGoesOnThereWhileItIsStillShort) {
  cut_to(3);
  const Reading found = outcome();
  ASSERT_TRUE(std::holds_alternative<Replaced>(found)) << found.index();
  EXPECT_EQ(std::get<Replaced>(found).records, 6);
  EXPECT_EQ(reader_->new_start(), 3);
}

TEST_F(StoredLogTest, ALogCutInTheMiddleOfABatchNeedsADecision) {
  cut_to(4);
  emit_after_cut(10);
  source_->put_in_doubt();
  const Reading found = outcome();
  ASSERT_TRUE(std::holds_alternative<DecisionWanted>(found)) << found.index();
  EXPECT_NE(std::get<DecisionWanted>(found).why.find("after 3 and not after 5"), std::string::npos)
      << std::get<DecisionWanted>(found).why;
  EXPECT_TRUE(reader_->closed());
}

TEST_F(StoredLogTest, WhereTheBrokerSaysHowFarTheLogIsTheSameItGoesOnThere) {
  cut_to(4);
  emit_after_cut(10);
  source_->says_parted_at = 4;
  const Reading found = outcome();
  ASSERT_TRUE(std::holds_alternative<Replaced>(found)) << found.index();
  EXPECT_EQ(reader_->new_start(), 4);
}

TEST_F(StoredLogTest, ThePolicyMayBeToStop) {
  cut_to(6);
  emit_after_cut(10);
  source_->put_in_doubt();
  const Reading found = outcome({.truncated = Truncated::stop});
  ASSERT_TRUE(std::holds_alternative<DecisionWanted>(found)) << found.index();
  EXPECT_NE(std::get<DecisionWanted>(found).why.find("LOOM_KAFKA_TRUNCATED=stop"), std::string::npos);
  EXPECT_NE(std::get<DecisionWanted>(found).why.find("offsets 6 to 8"), std::string::npos);
}

TEST_F(StoredLogTest, ALogOfWhichNothingIsLeftBeginsAnew) {
  cut_to(0);
  emit_after_cut(20);
  source_->put_in_doubt();
  EXPECT_EQ(std::get<Step>(read()), Step::doubted);
  EXPECT_EQ(read_on(), Step::new_log);
  EXPECT_EQ(reader_->new_start(), 0);
}

TEST_F(StoredLogTest, ARecordThatCompactionTookIsNoProofOfAnotherLog) {
  source_->marks = source::Watermarks{.low = 0, .high = 11};
  emit(2);
  source_->compact(8);
  source_->may_be_compacted = true;
  source_->put_in_doubt();
  std::int64_t offset = -1;
  for (int i = 0; i < 30 && offset < 0; ++i) offset = offset_of_next();
  EXPECT_EQ(offset, 9);
}

TEST_F(StoredLogTest, WhatWasDecidedElsewhereEndsTheWaiting) {
  cut_to(4);
  emit_after_cut(10);
  source_->put_in_doubt();
  outcome();
  ASSERT_TRUE(reader_->needs_decision());
  go_back(4);
  EXPECT_FALSE(reader_->closed());
  EXPECT_EQ(offset_of_next(), -1) << "the record at 3";
  EXPECT_EQ(offset_of_next(), 4);
}

}  // namespace
}  // namespace loom::pipeline
