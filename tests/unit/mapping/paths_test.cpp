#include "mapping/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace loom::mapping {
namespace {

using ::testing::HasSubstr;

/// Steps as `name` and `#index`, a bar between them; or what is wrong.
std::string steps(std::string_view path) {
  const ParsedPath parsed = parse_path(path);
  if (!parsed.problem.empty()) return "problem: " + parsed.problem;
  EXPECT_EQ(parsed.steps.size(), parsed.ends.size());
  std::string all;
  for (const auto& step : parsed.steps) {
    all += (all.empty() ? "" : "|") + (step.index ? "#" + std::to_string(*step.index) : step.name);
  }
  return all;
}

TEST(Paths, NamesWithDotsBetweenThem) {
  EXPECT_EQ(steps(""), "");
  EXPECT_EQ(steps("a"), "a");
  EXPECT_EQ(steps("data.location.lat"), "data|location|lat");
  EXPECT_EQ(steps("a b.c]d"), "a b|c]d");
  EXPECT_EQ(steps("a\"b.c"), "a\"b|c");  // a quote within a name is a letter of it
}

TEST(Paths, AStepInQuotesIsOneName) {
  EXPECT_EQ(steps(R"(data."service.name")"), "data|service.name");
  EXPECT_EQ(steps(R"("@odd.name")"), "@odd.name");
  EXPECT_EQ(steps(R"("a[0]"."".x)"), "a[0]||x");
  EXPECT_EQ(steps(R"("say \"hi\" \\o/")"), R"(say "hi" \o/)");
}

TEST(Paths, ElementsOfLists) {
  EXPECT_EQ(steps("items[0].sku"), "items|#0|sku");
  EXPECT_EQ(steps("items[-1]"), "items|#-1");
  EXPECT_EQ(steps(R"("a b"[2][0])"), "a b|#2|#0");
  EXPECT_EQ(steps("[0]"), "#0");
  EXPECT_EQ(steps("[12][-3].x"), "#12|#-3|x");
}

TEST(Paths, WhatIsWrongIsSaid) {
  for (const char* path : {".a", "a.", "a..b", "[0].", "a.[0]", "."}) {
    EXPECT_THAT(steps(path), HasSubstr("problem: a path is names with single dots between them")) << path;
  }
  for (const char* path : {"tags[]", "a[x]", "a[1", "a[01]", "a[-0]", "a[+1]", "a[1234567890]", "a[ 1]", "["}) {
    EXPECT_THAT(steps(path), HasSubstr("is no element of a list")) << path;
  }
  EXPECT_THAT(steps("tags[]"), HasSubstr("`[]`"));
  EXPECT_THAT(steps(R"(a."b)"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(steps(R"("a\")"), HasSubstr("a quote is not closed"));
  EXPECT_THAT(steps(R"("a\n")"), HasSubstr("a backslash stands before"));
  EXPECT_THAT(steps(R"("a"b)"), HasSubstr("behind the closing quote"));
  EXPECT_THAT(steps("a[0]b"), HasSubstr("behind `]`"));
}

TEST(Paths, ANameAsAPathOfOneStep) {
  for (const char* name : {"a", "a.b", "a[0]", "\"", "", "$key", "back\\slash", "say \"hi\".", "a b"}) {
    const auto split = split_path(path_to(name));
    ASSERT_EQ(split.size(), 1U) << name;
    EXPECT_EQ(split[0].name, name);
  }
  EXPECT_EQ(path_to("plain"), "plain");
}

TEST(Paths, InsideAndBelow) {
  EXPECT_TRUE(is_inside("data.x", "data"));
  EXPECT_TRUE(is_inside("data[0]", "data"));
  EXPECT_TRUE(is_inside(R"("data".x.y)", "data"));
  EXPECT_TRUE(is_inside("x", ""));
  EXPECT_FALSE(is_inside("data", "data"));
  EXPECT_FALSE(is_inside("database", "data"));
  EXPECT_FALSE(is_inside(R"("data.x")", "data"));
  EXPECT_FALSE(is_inside("data[0]", "data[1]"));
  EXPECT_EQ(path_below("data.x.y", "data"), "x.y");
  EXPECT_EQ(path_below("data[0].y", R"("data")"), "[0].y");
  EXPECT_EQ(path_below("data.x", ""), "data.x");
  EXPECT_TRUE(same_path(R"("a"."b c")", "a.b c"));
  EXPECT_FALSE(same_path("a[0]", R"("a[0]")"));
}

TEST(Paths, OneNodePerPlaceHoweverItIsSpelt) {
  PathTree tree;
  EXPECT_EQ(add_slot(tree, "a.b"), 0);
  EXPECT_EQ(add_slot(tree, R"("a"."b")"), 0);
  EXPECT_EQ(add_slot(tree, "a[0]"), 1);
  EXPECT_EQ(add_slot(tree, "a[-1]"), 2);
  EXPECT_EQ(add_slot(tree, R"("a[0]")"), 3);
  EXPECT_EQ(add_slot(tree, R"("a"[0])"), 1);
  EXPECT_EQ(tree.nodes.size(), 6U);
  EXPECT_EQ(tree.slots, 4);
}

}  // namespace
}  // namespace loom::mapping
