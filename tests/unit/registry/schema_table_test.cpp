#include "registry/schema_table.h"

#include <gtest/gtest.h>

namespace loom::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

decode::SchemaId number(std::uint64_t id) { return {.number = id, .guid = {}}; }

class SchemaTableTest : public ::testing::Test {
 protected:
  void know(std::uint64_t id, std::size_t bytes = 10) {
    table.find(number(id), now);
    table.found(number(id), std::make_shared<const formats::Schema>(), bytes);
  }
  bool is_known(std::uint64_t id) { return table.find(number(id), now).schema != nullptr; }
  bool is_wanted(std::uint64_t id) { return table.find(number(id), now).wanted; }

  SchemaTable table{{.schemas = 3, .bytes = 100, .wanted = 2, .problems = 2}};
  TimePoint now{std::chrono::hours(1)};
};

TEST_F(SchemaTableTest, WhatIsWantedIsAskedForInTheOrderOfTheAsking) {
  EXPECT_FALSE(table.next());
  EXPECT_TRUE(is_wanted(9));
  now += seconds(1);
  EXPECT_TRUE(is_wanted(1));
  EXPECT_TRUE(is_wanted(9));
  EXPECT_EQ(table.next()->id, number(9));
  table.postpone(number(9), now + milliseconds(1));
  EXPECT_EQ(table.next()->id, number(1));
}

TEST_F(SchemaTableTest, AnIdIsUnknownWhenItWasAskedForTwiceAndOnlyForAMinute) {
  EXPECT_TRUE(is_wanted(1));
  EXPECT_FALSE(table.unknown(number(1), "not there", now));
  EXPECT_TRUE(is_wanted(1));
  EXPECT_EQ(table.next()->when, now + seconds(1));
  now += seconds(1);
  EXPECT_TRUE(table.unknown(number(1), "not there", now));
  EXPECT_EQ(table.find(number(1), now).problem, "not there");
  EXPECT_FALSE(table.next());
  now += seconds(59);
  EXPECT_EQ(table.find(number(1), now).problem, "not there");
  now += seconds(1);
  EXPECT_TRUE(is_wanted(1));
  EXPECT_EQ(table.next()->when, now);
  know(1);
  EXPECT_TRUE(is_known(1));
}

// A batch whose ids are settled one after the other needs all verdicts in the end.
TEST_F(SchemaTableTest, VerdictsStayWhileOthersComeButNotForEver) {
  SchemaTable many;
  for (std::uint64_t id = 0; id < 20; ++id) {
    many.wrong(number(id), "not there", now);
    now += seconds(31);
    if (id < 19) {
      EXPECT_EQ(many.find(number(0), now).problem, "not there") << id;
    }
  }
  EXPECT_TRUE(many.find(number(0), now).wanted) << "after ten minutes";
  EXPECT_EQ(many.find(number(19), now).problem, "not there");
  now += seconds(29);
  EXPECT_TRUE(many.find(number(19), now).wanted) << "a minute after the last one";
}

TEST_F(SchemaTableTest, TheLeastRecentlyUsedGoesWhenThereAreTooMany) {
  for (std::uint64_t id = 1; id <= 3; ++id) know(id);
  EXPECT_TRUE(is_known(1));
  know(4);
  EXPECT_EQ(table.schemas(), 3U);
  EXPECT_TRUE(is_known(1));
  EXPECT_TRUE(is_wanted(2));
  EXPECT_TRUE(is_known(3));
}

TEST_F(SchemaTableTest, TheLeastRecentlyUsedGoesWhenTheyAreTooLarge) {
  know(1, 40);
  know(2, 40);
  know(3, 40);
  EXPECT_EQ(table.bytes(), 80U);
  EXPECT_TRUE(is_wanted(1));
  know(4, 1000);
  EXPECT_EQ(table.schemas(), 1U);
  EXPECT_EQ(table.bytes(), 1000U);
  EXPECT_TRUE(is_known(4));
}

TEST_F(SchemaTableTest, MoreIdsThanItTakesWaitUntilOthersAreSettled) {
  for (std::uint64_t id = 1; id <= 5; ++id) EXPECT_TRUE(is_wanted(id));
  EXPECT_EQ(table.wanted(), 2U);
  table.wrong(number(1), "x", now);
  EXPECT_TRUE(is_wanted(5));
  table.wrong(number(2), "y", now + milliseconds(1));
  table.wrong(number(5), "z", now + milliseconds(2));
  EXPECT_EQ(table.find(number(5), now).problem, "z");
  EXPECT_EQ(table.find(number(2), now).problem, "y");
  EXPECT_TRUE(is_wanted(1)) << "the oldest of too many problems is forgotten";
}

}  // namespace
}  // namespace loom::registry
