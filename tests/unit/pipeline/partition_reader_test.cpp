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
    const PartitionLedger ledger(0, stored, 0, last_timestamp_ms);
    source->start_at(ledger.position());
    return reader_.emplace(1, std::move(source), ledger);
  }
  void emit(int messages) {
    for (int i = 0; i < messages; ++i) source_->emit();
  }
  Reading read(OutOfRange policy = OutOfRange::earliest) { return reader_->read(clock_, policy); }
  Step step() {
    const Reading reading = read();
    EXPECT_TRUE(std::holds_alternative<Step>(reading)) << reading.index();
    return std::holds_alternative<Step>(reading) ? std::get<Step>(reading) : Step::nothing;
  }
  std::int64_t offset_of_next() {
    const Reading reading = read();
    const auto* const message = std::get_if<Message>(&reading);
    return message == nullptr ? -1 : message->offset;
  }

  test_support::ManualClock clock_;
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
  clock_.advance(milliseconds(100));
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
  const Reading reading = read(OutOfRange::stop);
  ASSERT_TRUE(std::holds_alternative<StopWanted>(reading));
  EXPECT_NE(std::get<StopWanted>(reading).why.find("15 messages"), std::string::npos);
}

TEST_F(PartitionReaderTest, ReadsNothingMoreOfANewLogUntilItsPositionIsStored) {
  reader_at(2, 1'001);
  source_->made_again(5'000);
  emit(4);
  source_->marks = source::Watermarks{.low = 0, .high = 4};
  EXPECT_EQ(step(), Step::passed) << "the record before the position is another one";
  EXPECT_TRUE(reader_->inspecting());
  EXPECT_EQ(step(), Step::new_log);
  EXPECT_TRUE(reader_->closed());
  EXPECT_EQ(reader_->new_start(), 0);
  reader_->go_back({.partition = 0, .next_offset = 0, .epoch = 1});
  EXPECT_FALSE(reader_->closed());
  EXPECT_EQ(offset_of_next(), 0);
}

}  // namespace
}  // namespace loom::pipeline
