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
  EXPECT_TRUE(names_a_value(at("COPY readings, line 2, column v: \"a..b\""), plan));
  EXPECT_TRUE(names_a_value(at("COPY lines, line 2, column v"), plan));
  EXPECT_TRUE(names_a_value(at("COPY loom_stage_1, line 2, column v"), plan));
  EXPECT_FALSE(names_a_value(at("COPY readings, line 2: \"1\ta..b\""), plan)) << "a row, but no value of it";
  EXPECT_FALSE(names_a_value(at("COPY elsewhere, line 2, column v"), plan));
  EXPECT_FALSE(names_a_value(at("COPY loom_stage_2, line 2, column v"), plan));
}

}  // namespace
}  // namespace loom::sink
