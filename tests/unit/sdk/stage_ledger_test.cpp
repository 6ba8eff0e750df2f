#include <gmock/gmock.h>

#include "positions.h"
#include "sdk/stage/ledger.h"

namespace loom::kafka::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Record record(std::int64_t offset, std::int32_t partition = 0) {
  Record made;
  made.topic = "t";
  made.partition = partition;
  made.offset = offset;
  return made;
}

Assignment gained(std::int64_t offset, std::int32_t partition = 0) {
  Assignment change;
  change.gained.push_back({"t", partition, offset});
  return change;
}

Assignment lost(std::int32_t partition = 0) {
  Assignment change;
  change.lost.push_back({"t", partition, 0});
  return change;
}

class StageLedgerTest : public ::testing::Test {
 protected:
  void process(std::int64_t from, std::int64_t to) {
    for (std::int64_t offset = from; offset < to; ++offset) {
      EXPECT_TRUE(ledger.take(record(offset)));
      ledger.finish(record(offset));
    }
  }
  Ledger ledger;
};

TEST_F(StageLedgerTest, WhatIsFinishedIsToBeCommittedOnce) {
  ledger.reassign(gained(5));
  process(5, 8);
  const auto positions = ledger.finished();
  EXPECT_THAT(positions, ElementsAre(Position{"t", 0, 8}));
  ledger.delivered(positions);
  EXPECT_THAT(ledger.finished(), IsEmpty());
}

TEST_F(StageLedgerTest, WhatWasTakenAndNotFinishedIsNotCommittedAndIsReadAgain) {
  ledger.reassign(gained(5));
  process(5, 7);
  EXPECT_TRUE(ledger.take(record(7)));
  EXPECT_THAT(ledger.finished(), ElementsAre(Position{"t", 0, 7}));
  EXPECT_THAT(ledger.put_back_unfinished(), ElementsAre(Position{"t", 0, 7}));
  EXPECT_TRUE(ledger.take(record(7)));
}

TEST_F(StageLedgerTest, WhatCouldNotBeDeliveredIsReadAgainFromTheLastDelivered) {
  ledger.reassign(gained(5));
  process(5, 8);
  EXPECT_THAT(ledger.put_back_undelivered(), ElementsAre(Position{"t", 0, 5}));
  EXPECT_THAT(ledger.finished(), IsEmpty());
  process(5, 8);
}

TEST_F(StageLedgerTest, RecordsFetchedBeforeASeekBackAreTakenOnce) {
  ledger.reassign(gained(5));
  process(5, 8);
  EXPECT_FALSE(ledger.take(record(6)));
  EXPECT_TRUE(ledger.take(record(8)));
}

TEST_F(StageLedgerTest, GapsAreLawful) {
  ledger.reassign(gained(5));
  EXPECT_TRUE(ledger.take(record(11)));
  ledger.finish(record(11));
  EXPECT_THAT(ledger.finished(), ElementsAre(Position{"t", 0, 12}));
}

TEST_F(StageLedgerTest, AnothersPartitionIsLeftAlone) {
  EXPECT_FALSE(ledger.take(record(0)));
  ledger.reassign(gained(0));
  process(0, 3);
  ledger.reassign(lost());
  EXPECT_FALSE(ledger.take(record(3)));
  EXPECT_THAT(ledger.finished(), IsEmpty());
}

TEST_F(StageLedgerTest, APartitionThatCameBackBeginsWhereItsOtherOwnerStopped) {
  ledger.reassign(gained(0));
  process(0, 3);
  Assignment there_and_back = lost();
  there_and_back.gained = gained(10).gained;
  ledger.reassign(there_and_back);
  EXPECT_FALSE(ledger.take(record(4))) << "the other owner had it";
  EXPECT_TRUE(ledger.take(record(10)));
}

TEST_F(StageLedgerTest, WithoutACommittedOffsetTheFirstRecordTellsTheBeginning) {
  ledger.reassign(gained(-1));
  EXPECT_THAT(ledger.put_back_undelivered(), IsEmpty());
  EXPECT_TRUE(ledger.take(record(100)));
  EXPECT_THAT(ledger.finished(), IsEmpty());
  EXPECT_THAT(ledger.put_back_undelivered(), ElementsAre(Position{"t", 0, 100}));
  EXPECT_TRUE(ledger.take(record(100)));
}

TEST_F(StageLedgerTest, PartitionsAreIndependent) {
  ledger.reassign(gained(0, 0));
  ledger.reassign(gained(50, 1));
  process(0, 2);
  EXPECT_TRUE(ledger.take(record(50, 1)));
  EXPECT_THAT(ledger.finished(), ElementsAre(Position{"t", 0, 2}));
  EXPECT_THAT(ledger.put_back_unfinished(), ElementsAre(Position{"t", 1, 50}));
}

}  // namespace
}  // namespace loom::kafka::stage
