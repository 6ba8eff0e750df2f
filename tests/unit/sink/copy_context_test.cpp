#include "sink/copy_context.h"

#include <gtest/gtest.h>

namespace loom::sink {
namespace {

DatabaseError at(const std::string& context) { return {"XX000", "message", "", context, "", ""}; }

mapping::TopicPlan plan_of(const std::vector<std::string>& tables) {
  mapping::TopicPlan plan;
  for (const auto& name : tables) plan.tables.emplace_back().name = {"public", name};
  return plan;
}

TEST(CopyContextTest, FindsTheLineOfOurCopyBehindOtherCalls) {
  EXPECT_EQ(line_of(at("COPY readings, line 17, column x: \"a\""), "readings"), 17U);
  EXPECT_EQ(line_of(at("PL/pgSQL function f() line 3 at RAISE\nCOPY readings, line 5"), "readings"), 5U);
  EXPECT_EQ(line_of(at("COPY others, line 17"), "readings"), std::nullopt);
  EXPECT_EQ(line_of(at("COPY readings, line x"), "readings"), std::nullopt);
  EXPECT_EQ(line_of(at("remark COPY readings, line 5"), "readings"), std::nullopt);
  EXPECT_EQ(line_of(at(""), "readings"), std::nullopt);
}

TEST(CopyContextTest, AValueIsNamedByLineAndColumnOfATableOfThePlanOrItsStage) {
  const auto plan = plan_of({"readings", "lines"});
  EXPECT_EQ(column_of_value(at("COPY readings, line 2, column v: \"a..b\""), plan), "v");
  EXPECT_EQ(column_of_value(at("JSON data, line 1: {\nCOPY readings, line 2, column v: \"{\""), plan), "v");
  EXPECT_EQ(column_of_value(at("COPY lines, line 2, column v"), plan), "v");
  EXPECT_EQ(column_of_value(at("COPY loom_stage_1, line 2, column v"), plan), "v");
  EXPECT_EQ(column_of_value(at("COPY readings, line 2: \"1\ta..b\""), plan), std::nullopt) << "a row, no value of it";
  EXPECT_EQ(column_of_value(at("COPY elsewhere, line 2, column v"), plan), std::nullopt);
  EXPECT_EQ(column_of_value(at("COPY loom_stage_2, line 2, column v"), plan), std::nullopt);
}

TEST(CopyContextTest, AFunctionThatFailedOnTheWayIsNoValue) {
  const std::string domain = "PL/pgSQL function dom_ok(text) line 1 at RETURN\nCOPY readings, line 2, column v: \"a\"";
  EXPECT_TRUE(in_a_function(at(domain)));
  EXPECT_EQ(column_of_value(at(domain), plan_of({"readings"})), std::nullopt);
  EXPECT_TRUE(in_a_function(at("SQL statement \"INSERT INTO audit\"\nCOPY readings, line 2")));
  EXPECT_FALSE(in_a_function(at("COPY readings, line 2")));
  EXPECT_FALSE(in_a_function(at("")));
}

}  // namespace
}  // namespace loom::sink
