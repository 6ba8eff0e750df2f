#include "pipeline/log_inspection.h"

#include <gtest/gtest.h>

#include <map>

namespace loom::pipeline {
namespace {

using Found = LogInspection::Found;

/// A log whose record at an offset has the value of its version there.
struct VersionedLog {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::int64_t replaced_from = 1'000'000;  ///< other records stand from here on
  std::map<std::int64_t, bool> gone{};

  [[nodiscard]] Message at(std::int64_t offset) const {
    Message message;
    message.offset = offset;
    message.timestamp_ms = offset;
    message.value = offset < replaced_from ? "old" : "new";
    message.has_value = true;
    return message;
  }
};

/// After three batches of ten records, 0 to 29.
RecordMarks remembered() {
  const VersionedLog log;
  RecordMarks marks;
  for (std::int64_t i = 0; i < 3; ++i) marks.add(RecordMark::of(log.at(10 * i)), RecordMark::of(log.at(10 * i + 9)));
  return marks;
}

LogInspection::Finding inspect(const VersionedLog& log, bool compacted = false, std::int64_t next = 30) {
  LogInspection inspection(remembered(), next, {.low = log.low, .high = log.high});
  for (int looks = 0; inspection.wanted() && looks < 100; ++looks) {
    std::int64_t offset = *inspection.wanted();
    while (log.gone.contains(offset)) ++offset;
    if (offset >= log.high) {
      inspection.saw_end();
    } else {
      inspection.saw(log.at(offset));
    }
    if (inspection.asks_whether_compacted()) inspection.answer(compacted);
  }
  EXPECT_FALSE(inspection.wanted()) << "it never comes to an end";
  return inspection.finding();
}

TEST(LogInspection, TheSameLogIsIntact) { EXPECT_EQ(inspect({.high = 40}).found, Found::intact); }

TEST(LogInspection, AtASeamTheLogsPartThere) {
  const auto finding = inspect({.high = 40, .replaced_from = 20});
  EXPECT_EQ(finding.found, Found::parted);
  EXPECT_EQ(finding.at, 20);
}

TEST(LogInspection, WithinABatchNobodyCanTell) {
  const auto finding = inspect({.high = 40, .replaced_from = 24});
  EXPECT_EQ(finding.found, Found::undecided);
  EXPECT_EQ(finding.same_to, 20);
  EXPECT_EQ(finding.other_from, 29);
}

TEST(LogInspection, AShortLogPartsAtItsEnd) {
  const auto finding = inspect({.high = 10});
  EXPECT_EQ(finding.found, Found::parted);
  EXPECT_EQ(finding.at, 10);
}

TEST(LogInspection, AShortLogWithUnknownRecordsAtItsEndIsUndecided) {
  const auto finding = inspect({.high = 15});
  EXPECT_EQ(finding.found, Found::undecided);
  EXPECT_EQ(finding.same_to, 10);
  EXPECT_EQ(finding.other_from, 19);
}

TEST(LogInspection, ALogThatOnlyLostWhatFollowsTheLastRecordIsUndecided) {
  EXPECT_EQ(inspect({.high = 31}, false, 35).found, Found::undecided);
}

TEST(LogInspection, WhereTheFirstRecordIsAnotherOneAllIsReplaced) {
  const auto finding = inspect({.high = 40, .replaced_from = 0});
  EXPECT_EQ(finding.found, Found::all_replaced);
  EXPECT_EQ(finding.at, 0);
}

TEST(LogInspection, RetentionTellsNothing) {
  EXPECT_EQ(inspect({.low = 25, .high = 40, .replaced_from = 0}).found, Found::undecided);
  EXPECT_EQ(inspect({.low = 35, .high = 40, .replaced_from = 0}).found, Found::intact) << "nothing is left to compare";
}

TEST(LogInspection, AMissingRecordIsAnotherOneUnlessTheTopicIsCompacted) {
  const VersionedLog log{.high = 40, .gone = {{29, true}}};
  EXPECT_EQ(inspect(log, false).found, Found::undecided);
  EXPECT_EQ(inspect(log, true).found, Found::intact);
}

TEST(LogInspection, ARecordIsMissedTwiceBeforeItIsBelieved) {
  LogInspection inspection(remembered(), 30, {.low = 0, .high = 40});
  inspection.saw(VersionedLog{}.at(33));
  EXPECT_EQ(inspection.wanted(), 29) << "the client may have left it out";
  inspection.saw(VersionedLog{}.at(29));
  EXPECT_EQ(inspection.finding().found, Found::intact);
}

}  // namespace
}  // namespace loom::pipeline
