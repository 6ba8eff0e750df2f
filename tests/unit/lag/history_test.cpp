#include "lag/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace loom::lag {
namespace {

using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kWindow = 12;
constexpr std::int64_t kStartMs = 1'000'000;

/// A group with one partition, looked at every two seconds.
class HistoryTest : public ::testing::Test {
 protected:
  explicit HistoryTest(History::Settings settings = {}) : history(settings) {}
  using Offset = std::optional<std::int64_t>;

  static PartitionReading at(Offset committed, Offset end, std::optional<bool> assigned = true) {
    PartitionReading reading;
    reading.committed = committed;
    reading.origin = committed ? OffsetOrigin::database : OffsetOrigin::none;
    reading.begin = end ? Offset(0) : std::nullopt;
    reading.end = end;
    reading.assigned = assigned;
    return reading;
  }
  /// Two seconds later, a reading that says this of the partition.
  void look(const PartitionReading& said, bool kafka = true, bool database = true) {
    Reading reading;
    reading.kafka_answered = kafka;
    reading.database_answered = database;
    reading.partitions[{"orders", 0}] = said;
    add(reading);
  }
  void look(Offset committed, Offset end, std::optional<bool> assigned = true) { look(at(committed, end, assigned)); }
  /// One that says nothing of it.
  void look_at_nothing(bool complete) {
    Reading reading;
    reading.kafka_answered = complete;
    reading.database_answered = complete;
    add(reading);
  }

  [[nodiscard]] PartitionLag partition() const {
    const GroupLag group = history.report();
    EXPECT_THAT(group.partitions, SizeIs(1));
    return group.partitions.empty() ? PartitionLag{} : group.partitions[0];
  }
  [[nodiscard]] State state() const { return partition().state; }

  History history;

 private:
  void add(const Reading& reading) {
    now_ += std::chrono::seconds(2);
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
    history.add(reading, now_, kStartMs + wall);
  }
  TimePoint now_{};
};

TEST_F(HistoryTest, IsUnknownUntilThereAreThreeSamples) {
  look(10, 20);
  EXPECT_EQ(state(), State::unknown);
  look(11, 20);
  EXPECT_EQ(state(), State::unknown);
  look(12, 20);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, WithoutLagIsOkAtOnce) {
  look(20, 20);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, IsOkWhileTheLagShrinks) {
  for (int i = 0; i < 30; ++i) {
    look(i * 100, 10'000 + i * 50);
    EXPECT_NE(state(), State::warn);
    EXPECT_NE(state(), State::stall);
  }
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, WarnsWhenItMovesAndTheLagOnlyGrows) {
  for (int i = 0; i < 11; ++i) look(i * 100, 1'000 + i * 200);
  EXPECT_EQ(state(), State::ok) << "not before the window is full";
  look(11 * 100, 1'000 + 11 * 200);
  EXPECT_EQ(state(), State::warn);
}

TEST_F(HistoryTest, WarnsThoughBatchesLetTheLagGoUpAndDown) {
  for (int i = 0; i < 12; ++i) look(i * 100 - (i % 2) * 60, 1'000 + i * 200);
  EXPECT_EQ(state(), State::warn);
}

TEST_F(HistoryTest, DoesNotWarnOfALagThatIsOnlyWhatIsUnderWay) {
  for (int i = 0; i < 30; ++i) {
    look(i * 2'000, i * 2'000 + 300 + i);  // 1,000 a second, a third of a second behind
    EXPECT_NE(state(), State::warn) << "sample " << i;
  }
}

TEST_F(HistoryTest, DoesNotWarnOfALagThatStaysAsItIs) {
  const std::array<int, 5> jitter{0, 40, 10, 30, 20};
  for (std::size_t i = 0; i < 100; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    look(n * 100, n * 100 + 5'000 + jitter[i % jitter.size()]);
    EXPECT_NE(state(), State::warn) << "sample " << i;
  }
}

TEST_F(HistoryTest, StallsWhenItDoesNotMoveForAWholeWindow) {
  for (std::size_t i = 0; i < kWindow - 1; ++i) look(10, 20);
  EXPECT_EQ(state(), State::ok);
  look(10, 20);
  EXPECT_EQ(state(), State::stall);
  look(11, 20);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, StallsAWholeWindowAfterItHadNoLag) {
  look(10, 10);
  for (std::size_t i = 0; i < kWindow - 1; ++i) look(10, 20);
  EXPECT_EQ(state(), State::ok);
  look(10, 20);
  EXPECT_EQ(state(), State::stall);
}

TEST_F(HistoryTest, StallsAlsoWhereThereIsNoOffsetYet) {
  for (std::size_t i = 0; i < kWindow; ++i) look(std::nullopt, 20);
  EXPECT_EQ(state(), State::stall);
  EXPECT_EQ(partition().lag, 20);
}

TEST_F(HistoryTest, StopsWhenNobodyOwnsItForThreeSamples) {
  look(10, 10, false);
  look(10, 20, false);
  look(10, 20, false);
  EXPECT_EQ(state(), State::ok) << "a rebalance may be under way";
  look(10, 20, false);
  EXPECT_EQ(state(), State::stop);
  look(10, 20, true);
  EXPECT_NE(state(), State::stop);
}

TEST_F(HistoryTest, DoesNotStopWhenOwnersAreNotKnown) {
  for (int i = 0; i < 6; ++i) look(10, 20, std::nullopt);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, DoesNotStopWhatMovesWithoutAnOwner) {
  for (int i = 0; i < 20; ++i) look(10 + i, 100, false);
  EXPECT_EQ(state(), State::ok) << "a consumer that assigned itself the partition";
}

TEST_F(HistoryTest, WithoutLagNeedsNoOwner) {
  for (int i = 0; i < 20; ++i) look(20, 20, false);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, TellsARewindUntilItLeavesTheWindow) {
  look(10, 30);
  look(20, 30);
  look(5, 30);
  EXPECT_EQ(state(), State::rewind);
  for (std::size_t i = 0; i < kWindow - 2; ++i) look(6 + static_cast<int>(i), 30);
  EXPECT_EQ(state(), State::rewind);
  look(30, 30);
  EXPECT_EQ(state(), State::ok);
}

class SingleLookTest : public HistoryTest {
 protected:
  SingleLookTest() : HistoryTest({.judge_at_once = true}) {}
};

TEST_F(SingleLookTest, SaysStopAtOnce) {
  look(10, 20, false);
  EXPECT_EQ(state(), State::stop);
}

TEST_F(HistoryTest, RatesAreThoseOfTheWindow) {
  for (int i = 0; i < 6; ++i) look(i * 100, 1'000 + i * 60);
  EXPECT_THAT(partition().consumed_per_second, DoubleNear(50, 0.01));
  EXPECT_THAT(partition().produced_per_second, DoubleNear(30, 0.01));
  EXPECT_THAT(history.report().window_seconds, DoubleNear(10, 0.01));
  EXPECT_THAT(history.report().drain_rate(), DoubleNear(20, 0.01));
}

TEST_F(HistoryTest, RatesAreNeverNegative) {
  look(100, 200);
  look(50, 200);
  EXPECT_EQ(partition().consumed_per_second, 0);
  look(50, 20);
  look(50, 25);
  EXPECT_GE(partition().produced_per_second, 0);
}

TEST_F(HistoryTest, LagIsNeverNegative) {
  look(30, 20);
  EXPECT_EQ(partition().lag, 0);
}

TEST_F(HistoryTest, ATopicMadeAgainBeginsItsWindowAnew) {
  for (int i = 0; i < 12; ++i) look(100 + i, 200 + i);
  look(0, 5);
  EXPECT_EQ(partition().lag, 5);
  EXPECT_GE(partition().produced_per_second, 0);
  EXPECT_GE(partition().consumed_per_second, 0);
  EXPECT_EQ(state(), State::ok) << "what was said last holds until there is enough to judge";
  look(2, 5);
  look(5, 5);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, KeepsTheLastValuesWhileTheBrokerIsAway) {
  for (std::size_t i = 0; i < kWindow; ++i) look(10, 20);
  ASSERT_EQ(state(), State::stall);
  for (int i = 0; i < 100; ++i) look(at(10, std::nullopt, std::nullopt), false);
  EXPECT_EQ(partition().lag, 10);
  EXPECT_EQ(partition().end, 20);
  EXPECT_EQ(partition().assigned, true);
  EXPECT_EQ(state(), State::stall);
  for (int i = 0; i < 100; ++i) look_at_nothing(false);
  EXPECT_EQ(partition().lag, 10);
  look(12, 20);
  EXPECT_EQ(state(), State::stall) << "one sample after the gap is not enough to say otherwise";
  look(14, 20);
  look(16, 20);
  EXPECT_EQ(state(), State::ok);
}

TEST_F(HistoryTest, WithoutTheDatabaseKafkasOlderCopyIsNoRewind) {
  for (int i = 0; i < 4; ++i) look(100, 200);
  PartitionReading copy = at(80, 200);
  copy.origin = OffsetOrigin::kafka;
  for (int i = 0; i < 4; ++i) look(copy, true, false);
  EXPECT_EQ(partition().committed, 100);
  EXPECT_EQ(partition().origin, OffsetOrigin::database);
  EXPECT_EQ(state(), State::ok);
  copy.committed = 150;
  look(copy, true, false);
  EXPECT_EQ(partition().committed, 150) << "a copy can only be older, so this is later";
}

TEST_F(HistoryTest, ForgetsAPartitionOnlyAfterSeveralCompleteReadings) {
  look(10, 20);
  for (int i = 0; i < 4; ++i) look_at_nothing(true);
  EXPECT_EQ(partition().lag, 10);
  look_at_nothing(true);
  EXPECT_THAT(history.report().partitions, IsEmpty());
}

TEST_F(HistoryTest, ATopicThatIsGoneLosesItsLagOnlyAfterSeveralReadings) {
  look(10, 20);
  PartitionReading gone = at(10, std::nullopt, false);
  gone.gone = true;
  for (int i = 0; i < 4; ++i) look(gone);
  EXPECT_EQ(partition().lag, 10);
  look(gone);
  EXPECT_EQ(partition().committed, 10);
  EXPECT_EQ(partition().lag, std::nullopt);
}

TEST_F(HistoryTest, RetentionIsTheShareOfTheLogThatIsNotStored) {
  PartitionReading reading = at(150, 200);
  reading.begin = 100;
  look(reading);
  EXPECT_EQ(partition().retention_ratio, 0.5);
  reading.begin = 190;  // some of it is lost already
  look(reading);
  EXPECT_EQ(partition().retention_ratio, 1);
  reading.committed = reading.begin = 200;
  look(reading);
  EXPECT_EQ(partition().retention_ratio, 0);
}

TEST_F(HistoryTest, WaitingMessagesAreNotOlderThanTheLastSampleWithoutThem) {
  look(10, 10);
  look(10, 10);
  look(10, 15);
  const auto waiting = history.waiting();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].offset, 10);
  EXPECT_EQ(waiting[0].at_least_ms, kStartMs + 4'000);
  look(15, 15);
  EXPECT_THAT(history.waiting(), IsEmpty());
}

}  // namespace
}  // namespace loom::lag
