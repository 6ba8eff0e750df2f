#include "base/record_marks.h"

#include <gtest/gtest.h>

#include "base/message.h"

namespace loom {
namespace {

Message record(std::string_view key, std::string_view value, std::int64_t offset = 7, std::int64_t timestamp_ms = 1) {
  Message message;
  message.key = key;
  message.has_key = !key.empty();
  message.value = value;
  message.has_value = true;
  message.offset = offset;
  message.timestamp_ms = timestamp_ms;
  return message;
}
RecordMark mark(std::int64_t offset) { return {.offset = offset, .timestamp_ms = offset * 10, .checksum = offset * 3}; }
/// Batches of ten records, from offset 0 on.
RecordMarks after_batches(int batches) {
  RecordMarks marks;
  for (std::int64_t i = 0; i < batches; ++i) marks.add(mark(10 * i), mark(10 * i + 9));
  return marks;
}

TEST(RecordMark, FitsTheRecordThatItIsOf) {
  EXPECT_TRUE(RecordMark::of(record("k", "value")).fits(record("k", "value")));
}

TEST(RecordMark, FitsNoOther) {
  const RecordMark mark = RecordMark::of(record("k", "value"));
  EXPECT_FALSE(mark.fits(record("k", "value", 8)));
  EXPECT_FALSE(mark.fits(record("k", "value", 7, 2)));
  EXPECT_FALSE(mark.fits(record("k", "valuE")));
  EXPECT_FALSE(mark.fits(record("kv", "alue"))) << "the same bytes, divided otherwise";
  Message tombstone = record("k", "");
  const RecordMark empty = RecordMark::of(tombstone);
  tombstone.has_value = false;
  EXPECT_FALSE(empty.fits(tombstone));
}

TEST(RecordMark, WithoutAChecksumTheTimestampDecides) {
  const RecordMark mark{.offset = 7, .timestamp_ms = 1};
  EXPECT_TRUE(mark.fits(record("", "anything")));
  EXPECT_FALSE(mark.fits(record("", "anything", 7, 2)));
}

TEST(RecordMarks, NumbersAndBack) {
  for (const int batches : {0, 1, 2, 50}) {
    const RecordMarks marks = after_batches(batches);
    EXPECT_EQ(RecordMarks::from(marks.numbers()), marks) << batches;
  }
}

TEST(RecordMarks, OtherNumbersAreNoMarks) {
  for (const std::vector<std::int64_t>& numbers :
       std::vector<std::vector<std::int64_t>>{{}, {1}, {1, 2, 3}, {1, 2, 3, 4, 5, 6}}) {
    EXPECT_FALSE(RecordMarks::from(numbers).newest().known());
  }
}

TEST(RecordMarks, KeepTheFirstRecordAndTheNewestSeamsAndFewBetween) {
  const RecordMarks marks = after_batches(10'000);
  ASSERT_EQ(marks.seams().size(), 20U);
  EXPECT_FALSE(marks.seams().front().before.known());
  EXPECT_EQ(marks.seams().front().after.offset, 0);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(marks.seams()[marks.seams().size() - 1 - i].after.offset, 99'990 - 10 * static_cast<std::int64_t>(i));
  }
  std::int64_t last = 100'000;
  std::int64_t widest = 0;
  for (auto seam = marks.seams().rbegin(); seam != marks.seams().rend(); ++seam) {
    const std::int64_t hole = last - seam->after.offset;
    EXPECT_LE(hole, 40 * (100'000 - last) + 10) << "a hole of " << hole << " before " << last;
    widest = std::max(widest, hole);
    last = seam->after.offset;
  }
  EXPECT_GT(widest, 10'000);
}

TEST(RecordMarks, ForgettingInTheMiddleOfABatchLeavesNoFalseNeighbour) {
  RecordMarks marks = after_batches(3);
  marks.forget_from(15);
  EXPECT_EQ(marks.newest(), mark(10));
  marks.add(mark(15), mark(19));
  EXPECT_EQ(marks.seams().back().before, marks.seams().back().after) << "nobody knows what stood at 14";
}

TEST(RecordMarks, ForgettingAtASeamLeavesItsNeighbour) {
  RecordMarks marks = after_batches(3);
  marks.forget_from(20);
  EXPECT_EQ(marks.newest(), mark(19));
  marks.add(mark(20), mark(22));
  EXPECT_EQ(marks.seams().back().before, mark(19));
}

}  // namespace
}  // namespace loom
