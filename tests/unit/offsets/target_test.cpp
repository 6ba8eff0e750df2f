#include "offsets/target.h"

#include <gtest/gtest.h>

namespace loom::offsets {
namespace {

TEST(OffsetTargetTest, ToIsAWordANumberOrATime) {
  using Kind = OffsetTarget::Kind;
  EXPECT_EQ(parse_offset_target("Earliest")->kind, Kind::earliest);
  EXPECT_EQ(parse_offset_target("latest")->kind, Kind::latest);
  EXPECT_EQ(parse_offset_target("0")->kind, Kind::offset);
  EXPECT_EQ(parse_offset_target("9223372036854775807")->value, 9223372036854775807);
  const auto time = parse_offset_target("2025-11-21T13:00:00Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(time->kind, Kind::instant);
  EXPECT_EQ(time->value, 1'763'730'000'000'000);
  for (const char* text : {"", "-1", "1.5", "first", "9223372036854775808", "12:00", "10 messages"}) {
    EXPECT_FALSE(parse_offset_target(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace loom::offsets
