#include "base/log_recent.h"

#include <gtest/gtest.h>

namespace loom::log {
namespace {

TEST(RecentEventsTest, TheSameIsThereOnceWithItsLastMessage) {
  RecentEvents recent;
  recent.add(1, "kind", Level::warning, "users", "first");
  recent.add(2, "kind", Level::warning, "orders", "other topic");
  recent.add(3, "kind", Level::error, "users", "second");
  const auto list = recent.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].message, "second");
  EXPECT_EQ(list[0].topic, "users");
  EXPECT_EQ(list[0].level, Level::error);
  EXPECT_EQ(list[0].wall_us, 3);
  EXPECT_EQ(list[0].times, 2U);
  EXPECT_EQ(list[1].message, "other topic");
  EXPECT_EQ(list[1].times, 1U);
}

TEST(RecentEventsTest, TheOldestGoFirst) {
  RecentEvents recent;
  for (int i = 0; i < 60; ++i) recent.add(i, "kind " + std::to_string(i), Level::warning, "", std::to_string(i));
  const auto list = recent.list();
  ASSERT_EQ(list.size(), RecentEvents::kMost);
  EXPECT_EQ(list.front().message, "59");
  EXPECT_EQ(list.back().message, "10");
}

}  // namespace
}  // namespace loom::log
