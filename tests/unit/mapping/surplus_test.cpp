// Which child tables lose the rows beyond the end of a list that comes back shorter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class SurplusPlanTest : public ::testing::Test {
 protected:
  static std::string orders(const std::string& strategy, const std::string& more = "") {
    return topic_yaml("field_mappings: {id: id}\nupsert_key: id\nconflict_strategy: " + strategy +
                      "\narray_mappings:\n  items:\n    table: items\n    foreign_key_mapping: {order_id: id}\n"
                      "    element_mappings: {sku: sku, n: n}\n    sequence_field: pos\n" +
                      (more.empty() ? "" : "    " + more + "\n"));
  }
  static FakeCatalog tables(const char* sequence = "pos int4", std::vector<std::string> key = {"order_id", "pos"}) {
    return FakeCatalog()
        .table("t", {"id int8"}, {{"id"}})
        .table("items", {"order_id int8", sequence, "sku text", "n int4"}, {std::move(key)});
  }
};

TEST_F(SurplusPlanTest, UpdateAndReplaceDeleteByThemselves) {
  const auto update = compiled(orders("update"), tables());
  ASSERT_THAT(update.surplus, SizeIs(1));
  EXPECT_EQ(update.surplus[0].table, 1);
  EXPECT_EQ(update.tables[1].columns[update.surplus[0].sequence].info.name, "pos");
  EXPECT_FALSE(update.surplus[0].also_without_list);
  const auto replace = compiled(orders("replace"), tables());
  ASSERT_THAT(replace.surplus, SizeIs(1));
  EXPECT_TRUE(replace.surplus[0].also_without_list);
}

TEST_F(SurplusPlanTest, IgnoreDoesNotUnlessItIsAskedTo) {
  EXPECT_THAT(compiled(orders("ignore"), tables()).surplus, IsEmpty());
  EXPECT_THAT(compiled(orders("ignore", "surplus: delete"), tables()).surplus, SizeIs(1));
  EXPECT_THAT(compiled(orders("update", "surplus: keep"), tables()).surplus, IsEmpty());
}

TEST_F(SurplusPlanTest, WhereTheRowsCannotBeToldNothingIsDeletedAndAskingIsAnError) {
  const std::pair<FakeCatalog, const char*> cases[] = {
      {tables("pos int4", {"sku"}), "no unique index"},
      {tables("pos text"), "`pos` is no number"},
      {FakeCatalog()
           .table("t", {"id int8"}, {{"id"}})
           .table("items", {"order_id int8", "pos int4", "sku text", "n int4"}),
       "no unique index"}};
  for (const auto& [catalog, why] : cases) {
    EXPECT_THAT(compiled(orders("update"), catalog).surplus, IsEmpty()) << why;
    EXPECT_THAT(compile_problems(orders("update"), catalog),
                ElementsAre(AllOf(HasSubstr("warning array_mappings.items: rows of `items` beyond"), HasSubstr(why))));
    EXPECT_THAT(compile_problems(orders("update", "surplus: keep"), catalog), IsEmpty());
    EXPECT_THAT(compile_problems(orders("update", "surplus: delete"), catalog),
                ElementsAre(AllOf(StartsWith("14 error array_mappings.items.surplus: is `delete`"), HasSubstr(why))));
  }
}

TEST_F(SurplusPlanTest, ItsValuesAndItsPlaceAreChecked) {
  EXPECT_THAT(problems_of(orders("update", "surplus: drop")),
              ElementsAre("14 error array_mappings.items.surplus: is `drop`; accepted: keep, delete"));
  EXPECT_THAT(
      problems_of(topic_yaml("array_mappings:\n  items:\n    element_mappings: {sku: sku}\n    surplus: keep\n")),
      ElementsAre(AllOf(HasSubstr("warning array_mappings.items.surplus"), HasSubstr("ignored without `table`"))));
}

TEST_F(SurplusPlanTest, IdentityTakesOneWord) {
  EXPECT_THAT(problems_of(topic_yaml("identity: yes")), ElementsAre("5 error identity: is `yes`; accepted: given"));
  EXPECT_THAT(problems_of(topic_yaml("identity: given")), IsEmpty());
}

}  // namespace
}  // namespace loom::mapping::testing
