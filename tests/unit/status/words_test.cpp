#include "status/words.h"

#include <gtest/gtest.h>

namespace loom::status {
namespace {

// As the live page writes them: src/http/page/format.js.
TEST(WordsTest, NumbersAndTimesAreReadAtAGlance) {
  EXPECT_EQ(count_words(0), "0");
  EXPECT_EQ(count_words(999), "999");
  EXPECT_EQ(count_words(8'012), "8,012");
  EXPECT_EQ(count_words(-12'345), "-12,345");
  EXPECT_EQ(count_words(1'240'000), "1.24 M");
  EXPECT_EQ(count_words(2.5e9), "2.50 G");
  EXPECT_EQ(rate_words(0.46), "0.5");
  EXPECT_EQ(rate_words(-0.01), "0");
  EXPECT_EQ(rate_words(8'000.4), "8,000");
  EXPECT_EQ(duration_words(0), "0 s");
  EXPECT_EQ(duration_words(0.42), "0.4 s");
  EXPECT_EQ(duration_words(85.2), "85 s");
  EXPECT_EQ(duration_words(720), "12 min");
  EXPECT_EQ(duration_words(12'000), "3 h 20 min");
  EXPECT_EQ(duration_words(10'800), "3 h");
  EXPECT_EQ(duration_words(432'000), "5 days");
  EXPECT_EQ(percent_words(0.0025), "0.25 %");
  EXPECT_EQ(percent_words(0.125), "12.5 %");
  EXPECT_EQ(percent_words(1), "100 %");
  EXPECT_EQ(plural(1, "message", "messages"), "1 message");
  EXPECT_EQ(plural(2'000, "message", "messages"), "2,000 messages");
  EXPECT_EQ(and_more("a", 1), "a");
  EXPECT_EQ(and_more("a", 3), "a and 2 more");
}

}  // namespace
}  // namespace loom::status
