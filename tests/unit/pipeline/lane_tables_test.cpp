// A lane whose messages name their tables by a header: each of the fixture's says kind=a.
#include <gmock/gmock.h>

#include "lane_fixture.h"
#include "mapping/variants.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;
using ::testing::ElementsAre;

/// With a table for each of these kinds.
std::shared_ptr<const mapping::TopicPlan> plan_with(const std::vector<std::string>& kinds) {
  mapping::TopicMapping topic;
  topic.topic = "readings";
  topic.table.name = "readings_${headers.kind}";
  std::vector<mapping::PlanVariant> variants;
  for (const auto& kind : kinds) {
    variants.emplace_back();
    variants.back().values = {kind};
    variants.back().plan = test_support::id_plan("readings_" + kind);
  }
  return std::make_shared<const mapping::TopicPlan>(mapping::join_variants(topic, std::move(variants)));
}

class LaneTablesTest : public LaneTest {
 protected:
  /// Whether a plan is asked for, with a table for kind a.
  bool asks_for_the_table() {
    bool fresh = false;
    if (!lane_.take_plan_request(fresh)) return false;
    EXPECT_THAT(lane_.wanted_of_plan().tables, ElementsAre(mapping::TableValues{"a"}));
    return true;
  }
};

TEST_F(LaneTablesTest, AMessageWaitsForItsTable) {
  lane_.use_plan(plan_with({}));
  assign(0);
  emit(0, 3);
  take_all();
  EXPECT_EQ(due(), nullptr);
  EXPECT_TRUE(asks_for_the_table());
  EXPECT_EQ(due(), nullptr) << "the answer is not there yet";
  lane_.use_plan(plan_with({"b", "a"}));
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
  EXPECT_EQ(batch->rows.all().at(0).table, 1) << "the second of the plan's tables is that of kind a";
}

TEST_F(LaneTablesTest, AfterAFailureItAsksAgainOnlyWhenItsWaitIsOver) {
  lane_.use_plan(plan_with({}));
  assign(0);
  emit(0, 3);
  take_all();
  EXPECT_TRUE(asks_for_the_table());
  lane_.plan_failed("the table is locked", batch::Cause::locked);
  emit(0, 3);
  take_all();
  lane_.schemas_changed();
  EXPECT_FALSE(asks_for_the_table()) << "each message would be a try";
  clock_.advance(std::chrono::seconds(5));
  EXPECT_TRUE(asks_for_the_table());
}

TEST_F(LaneTablesTest, ABatchThatComesBackUnderAPlanWithoutItsTableWaitsForIt) {
  for (const OutcomeKind kind : {OutcomeKind::retry, OutcomeKind::catalog_changed, OutcomeKind::stop_topic}) {
    SCOPED_TRACE(static_cast<int>(kind));
    lane_.use_plan(plan_with({"a"}));
    if (sources_.empty()) assign(0);
    emit(0, 3);
    take_all();
    auto out = due();
    ASSERT_NE(out, nullptr);
    lane_.change_plan(plan_with({"b"}));
    settle(std::move(out), kind);
    clock_.advance(std::chrono::seconds(5));
    lane_.change_plan(plan_with({"b", "c"}));  // a reload meanwhile starts a stopped topic again
    EXPECT_EQ(due(), nullptr) << "without rows its offsets must not go";
    EXPECT_TRUE(asks_for_the_table());
    lane_.use_plan(plan_with({"a", "b"}));
    clock_.advance(std::chrono::seconds(5));
    auto again = due();
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(rows_of(*again), 3);
    settle(std::move(again), OutcomeKind::committed);
  }
}

TEST_F(LaneTablesTest, ATableThatCannotBeMakesDeadLetters) {
  mapping::TopicMapping topic;
  topic.topic = "readings";
  topic.table.name = "readings_${headers.kind}";
  mapping::PlanVariant wrong;
  wrong.values = {"a"};
  wrong.problem = "no such thing";
  lane_.use_plan(std::make_shared<const mapping::TopicPlan>(mapping::join_variants(topic, {wrong})));
  assign(0);
  emit(0, 3);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 0);
  ASSERT_EQ(batch->rejected.size(), 3U);
  EXPECT_EQ(batch->rejected[0].reject.message, "no such thing");
}

TEST_F(LaneTablesTest, OneMoreSetOfTablesThanThereMayBeMakesDeadLetters) {
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < mapping::kMostVariants; ++i) kinds.push_back("v" + std::to_string(i));
  lane_.use_plan(plan_with(kinds));
  assign(0);
  emit(0, 3);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  ASSERT_EQ(batch->rejected.size(), 3U);
  EXPECT_THAT(batch->rejected[0].reject.message, ::testing::HasSubstr("1000 sets of tables"));
}

}  // namespace
}  // namespace loom::pipeline
