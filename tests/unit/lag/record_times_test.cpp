#include "lag/record_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::lag {
namespace {

using admin::RecordAt;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 100'000;

/// Logs whose record at offset n was sent n seconds after the beginning.
class RecordTimesTest : public ::testing::Test {
 protected:
  static Waiting waiting(std::int32_t partition, std::int64_t offset, std::int64_t timestamp_ms = -1,
                         std::int64_t at_least_ms = -1) {
    return {{"t", partition}, offset, timestamp_ms, at_least_ms};
  }
  std::vector<std::optional<double>> ages(const std::vector<Waiting>& all) {
    asked.clear();
    return times.ages(all, kNow);
  }

  RecordAt::Answer answer = RecordAt::Answer::found;
  std::vector<std::int32_t> asked;
  RecordTimes times{[this](const auto& places) {
                      std::vector<RecordAt> found;
                      for (const auto& place : places) {
                        asked.push_back(place.partition);
                        found.push_back({answer, answer == RecordAt::Answer::found ? place.offset * 1000 : -1});
                      }
                      return found;
                    },
                    3};
};

TEST_F(RecordTimesTest, LooksUpWhatIsNotInHand) {
  EXPECT_THAT(ages({waiting(0, 90), waiting(1, 80, 70'000)}), ElementsAre(Optional(10.0), Optional(30.0)));
  EXPECT_THAT(asked, ElementsAre(0));
}

TEST_F(RecordTimesTest, LooksOnlyOnceWhileTheOffsetStandsStill) {
  ages({waiting(0, 90)});
  EXPECT_THAT(ages({waiting(0, 90)}), ElementsAre(Optional(10.0)));
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_THAT(ages({waiting(0, 95)}), ElementsAre(Optional(5.0)));
  EXPECT_THAT(asked, ElementsAre(0));
}

TEST_F(RecordTimesTest, KeepsATimestampThatWasInHand) {
  ages({waiting(0, 90, 90'000)});
  EXPECT_THAT(ages({waiting(0, 90)}), ElementsAre(Optional(10.0)));
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(RecordTimesTest, IsNeverNegative) { EXPECT_THAT(ages({waiting(0, 200)}), ElementsAre(Optional(0.0))); }

TEST_F(RecordTimesTest, LooksUpAFewEachTimeInTurns) {
  std::vector<Waiting> all;
  for (std::int32_t i = 0; i < 8; ++i) all.push_back(waiting(i, 50));
  ages(all);
  EXPECT_THAT(asked, ElementsAre(0, 1, 2));
  for (auto& one : all) one.offset = 60;
  ages(all);
  EXPECT_THAT(asked, ElementsAre(3, 4, 5));
  ages(all);
  EXPECT_THAT(asked, ElementsAre(6, 7, 0));
  EXPECT_THAT(ages(all), SizeIs(8));
  EXPECT_THAT(asked, ElementsAre(1, 2)) << "the others are known by now";
}

TEST_F(RecordTimesTest, EstimatesWhatIsNotAnswered) {
  ages({waiting(0, 40)});
  answer = RecordAt::Answer::none;
  EXPECT_THAT(ages({waiting(0, 50)}), ElementsAre(Optional(60.0))) << "not older than a record before it";
  EXPECT_THAT(ages({waiting(0, 50, -1, 45'000)}), ElementsAre(Optional(55.0))) << "nor than what else is known";
  EXPECT_THAT(ages({waiting(0, 30, -1, 20'000)}), ElementsAre(Optional(80.0))) << "a later record says nothing";
  EXPECT_THAT(ages({waiting(1, 50)}), ElementsAre(std::nullopt));
}

TEST_F(RecordTimesTest, MarksOfTransactionsAreNotBehindInTime) {
  answer = RecordAt::Answer::end;
  EXPECT_THAT(ages({waiting(0, 90, -1, 10)}), ElementsAre(Optional(0.0)));
  answer = RecordAt::Answer::found;
  EXPECT_THAT(ages({waiting(0, 90, -1, 10)}), ElementsAre(Optional(10.0))) << "a message may have come since";
}

}  // namespace
}  // namespace loom::lag
