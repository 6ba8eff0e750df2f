#include "text/instant.h"

#include <gtest/gtest.h>

namespace loom::text {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 1'763'730'000 * kSecond;  // 2025-11-21T13:00:00Z

TEST(InstantTest, SinceIsATimeSpanOrATime) {
  EXPECT_EQ(parse_since("45s", kNow), kNow - 45 * kSecond);
  EXPECT_EQ(parse_since("30m", kNow), kNow - 1800 * kSecond);
  EXPECT_EQ(parse_since(" 2h ", kNow), kNow - 7200 * kSecond);
  EXPECT_EQ(parse_since("3d", kNow), kNow - std::int64_t{3} * 86'400 * kSecond);
  EXPECT_EQ(parse_since("1w", kNow), kNow - std::int64_t{7} * 86'400 * kSecond);
  EXPECT_EQ(parse_span("3d"), std::int64_t{3} * 86'400 * kSecond);
  for (const char* text : {"", "3", "d", "-1d", "3 d", "2025-11-21", "99999999999999w"}) {
    EXPECT_FALSE(parse_span(text).has_value()) << text;
  }
  EXPECT_EQ(parse_since("2025-11-21", kNow), kNow - std::int64_t{13} * 3600 * kSecond);
  EXPECT_EQ(parse_since("2025-11-21T14:00:00+02:00", kNow), kNow - 3600 * kSecond);
  EXPECT_EQ(parse_since("2025-11-21 12:59:59.5", kNow), kNow - kSecond / 2);
}

TEST(InstantTest, WhatIsNeitherIsRefused) {
  for (const char* text : {"", "2", "h", "-2h", "2x", "2hours", "yesterday", "20251121", "1763730000", "2025-13-01",
                           "9223372036854775807w", "99999999999999999999h"}) {
    EXPECT_FALSE(parse_since(text, kNow).has_value()) << text;
  }
}

TEST(InstantTest, ItIsPrintedAsItIsRead) {
  EXPECT_EQ(instant_text(kNow), "2025-11-21T13:00:00Z");
  EXPECT_EQ(parse_instant(instant_text(kNow + 123'456)), kNow + 123'456);
}

}  // namespace
}  // namespace loom::text
