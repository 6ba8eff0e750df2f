#include "sink/marks_text.h"

#include <gtest/gtest.h>

namespace loom::sink {
namespace {

RecordMarks marks() {
  RecordMarks made;
  made.add({.offset = 3, .timestamp_ms = 30, .checksum = 300}, {.offset = 4, .timestamp_ms = 40, .checksum = 400}, 7);
  return made;
}
/// As array_to_string() gives it back.
std::string stored(std::int64_t epoch, std::int64_t next_offset) {
  const std::string literal = marks_literal(epoch, next_offset, marks());
  return literal.substr(1, literal.size() - 2);
}

TEST(MarksText, WhatIsWrittenIsReadBack) {
  EXPECT_EQ(marks_literal(2, 5, marks()), "{2,5,7,4,40,400,-1,-1,-1,3,30,300}");
  EXPECT_EQ(marks_in(stored(2, 5), 2, 5), marks());
}

TEST(MarksText, NothingRememberedIsNoText) { EXPECT_EQ(marks_literal(2, 5, {}), ""); }

TEST(MarksText, AnotherEpochOrALaterPositionHasOthers) {
  EXPECT_FALSE(marks_in(stored(2, 5), 3, 5));
  EXPECT_FALSE(marks_in(stored(2, 5), 2, 4));
}

TEST(MarksText, AnOlderReplicaHasStoredMoreSince) {
  const auto found = marks_in(stored(2, 5), 2, 9);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->newest().offset, 4);
}

TEST(MarksText, WhereTheNewestIsNotTheLastItIsNotReadAsThat) {
  RecordMarks one = marks();
  one.newest_is_not_the_last();
  const std::string literal = marks_literal(2, 9, one);
  const auto found = marks_in(literal.substr(1, literal.size() - 2), 2, 9);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->newest_is_last());
}

TEST(MarksText, OtherTextIsNothing) {
  for (const char* text : {"", "a", "1,2", "2,5,x", "2,5,7,4,40,99999999999999999999"}) {
    const auto found = marks_in(text, 2, 5);
    EXPECT_FALSE(found && found->newest().known()) << text;
  }
}

}  // namespace
}  // namespace loom::sink
