#include "mapping/pattern_cost.h"

#include <gmock/gmock.h>

#include <string>

#include "mapping/topic_pattern.h"

namespace loom::mapping {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

std::size_t size_of(std::string_view pattern) { return pattern_cost(pattern).size; }
std::size_t groups_of(std::string_view pattern) { return pattern_cost(pattern).repeated_groups; }

TEST(PatternCost, IsThatOfTheExpressionWrittenOut) {
  EXPECT_EQ(size_of(""), 0U);
  EXPECT_EQ(size_of("^abc$"), 5U);
  EXPECT_EQ(size_of("^a(b[c-e]){3}"), 11U) << "a group counts, too";
  EXPECT_EQ(size_of("a{2,5}b"), 6U);
  EXPECT_EQ(size_of("a{,5}"), 5U);
  EXPECT_EQ(size_of("a{5,}"), 6U);
  EXPECT_EQ(size_of("a*b+c?"), 4U);
  EXPECT_EQ(size_of("((a+)+)+"), 14U);
}

TEST(PatternCost, CountsTheGroupsThatAreRepeated) {
  EXPECT_EQ(groups_of("^(a|b)[cd]*e+"), 0U);
  EXPECT_EQ(groups_of("(a)*(b)?(c){2}"), 4U);
  EXPECT_EQ(groups_of("((a*)*b){3}"), 6U);
  EXPECT_EQ(groups_of("(((a)+)+)+"), 14U);
}

TEST(PatternCost, TakesWhatOnlyLooksLikeARepetitionAsItIs) {
  EXPECT_EQ(size_of(R"(a\{1000})"), 7U);
  EXPECT_EQ(size_of("[a{1000}]"), 1U);
  EXPECT_EQ(size_of("[]{1000}]x"), 2U);
  EXPECT_EQ(size_of("[^]{1000}]x"), 2U);
  EXPECT_EQ(size_of("[[:alpha:]{1000}]x"), 2U);
  EXPECT_EQ(size_of("a{b}"), 4U);
  EXPECT_EQ(size_of("a{1000"), 6U);
  for (const char* pattern : {R"(^\*+)", "^[*+]+", "^a|b*", "^(a)*$"}) EXPECT_FALSE(pattern_cost(pattern).misplaced);
}

TEST(PatternCost, StopsAtItsLimit) {
  EXPECT_EQ(size_of("((a{99999}){99999}){99999}"), kPatternCostMost);
  EXPECT_EQ(size_of("a{99999999999999999999999}"), kPatternCostMost);
  EXPECT_EQ(groups_of("((a){99999}){99999}"), kPatternCostMost);
}

TEST(PatternCost, KeepsFromCompilingWhatTakesAllMemory) {
  for (const char* pattern : {"^(a{1,1000}){1,1000}", "^((((a{99}){99}){99}){99}){99}", "^(((a{9999}",
                              "^((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+"}) {
    EXPECT_THAT(pattern_problem(pattern), Optional(HasSubstr("may have 2000 characters"))) << pattern;
  }
}

TEST(PatternCost, KeepsFromCompilingWhatTakesMinutes) {
  std::string many = "^";
  for (int i = 0; i < 30; ++i) many += "(a*b*)*";
  EXPECT_THAT(pattern_problem(many), Optional(HasSubstr("may repeat 8")));
  EXPECT_THAT(pattern_problem("^((a*b*)*){30}"), Optional(HasSubstr("may repeat 8")));
}

TEST(PatternCost, RefusesARepetitionThatRepeatsNothing) {
  for (const char* pattern : {"^*", "^a++", "^a*?", "^a{2}{3}", "^(+a)", "^a|*b", "^$*"}) {
    EXPECT_THAT(pattern_problem(pattern), Optional(HasSubstr("repeats nothing"))) << pattern;
  }
}

TEST(PatternCost, LetsThroughWhatTopicsAreNamedBy) {
  for (const char* pattern : {R"(^device\.sensor\.[a-z0-9]{1,60}\.(raw|windowed){1,2}$)",
                              R"(^tenant-[0-9]+\.(orders|users)(\.v[0-9]+)?$)", "^(a|b|c)+([.](d|e))*$"}) {
    EXPECT_EQ(pattern_problem(pattern), std::nullopt) << pattern;
  }
}

}  // namespace
}  // namespace loom::mapping
