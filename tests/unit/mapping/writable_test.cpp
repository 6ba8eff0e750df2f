#include "mapping/writable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class WritableTest : public ::testing::Test {
 protected:
  WritableTest() {
    table_.name = {"public", "t"};
    table_.role = "writer";
  }
  std::vector<std::string> writing(bool has_key = false) {
    Findings findings("file.yml");
    const Place place{"topic", "table", 3};
    check_writable(table_, has_key, place, findings);
    check_logged(table_, place, findings);
    return shown(findings.take());
  }
  TableInfo table_;
};

TEST_F(WritableTest, ATableIsWritten) {
  EXPECT_THAT(writing(true), IsEmpty());
  table_.kind = RelationKind::foreign_table;
  EXPECT_THAT(writing(true), IsEmpty());
}

TEST_F(WritableTest, WhatTakesNoRowsIsNamed) {
  for (const auto& [kind, name] : {std::pair(RelationKind::materialized_view, "a materialized view"),
                                   {RelationKind::sequence, "a sequence"},
                                   {RelationKind::composite_type, "a type"}}) {
    table_.kind = kind;
    EXPECT_THAT(writing(), ElementsAre(AllOf(StartsWith("3 error table: `public.t` is "), HasSubstr(name))));
  }
}

TEST_F(WritableTest, AViewNeedsATriggerForItsRows) {
  table_.kind = RelationKind::view;
  EXPECT_THAT(writing(), ElementsAre(HasSubstr("INSTEAD OF INSERT trigger")));
  table_.instead_of_insert = true;
  EXPECT_THAT(writing(), IsEmpty());
}

TEST_F(WritableTest, RulesAreNamed) {
  table_.update_rules = {"u"};
  EXPECT_THAT(writing(false), IsEmpty()) << "without a key nothing is updated";
  EXPECT_THAT(writing(true), ElementsAre(HasSubstr("rules ON UPDATE (u)")));
  table_.insert_rules = {"a", "b"};
  EXPECT_THAT(writing(true), ElementsAre(HasSubstr("rules ON INSERT (a, b)")));
}

TEST_F(WritableTest, RowLevelSecurityNamesTheRoleAndWhatHelps) {
  table_.row_security = true;
  EXPECT_THAT(writing(), ElementsAre(AllOf(HasSubstr("the role \"writer\""), HasSubstr("BYPASSRLS"))));
}

TEST_F(WritableTest, WhatACrashEmptiesIsAWarning) {
  table_.unlogged = {"t_1", "t_2"};
  EXPECT_THAT(writing(), ElementsAre(StartsWith("3 warning table: t_1 is UNLOGGED"),
                                     StartsWith("3 warning table: t_2 is UNLOGGED")));
}

TEST(UnusableIndexTest, AnInheritedKeyThatTheTableHasInVainIsAnError) {
  TableInfo table = *FakeCatalog().table("t", {"a text", "b text"}).find({"", "t"});
  table.unusable_indexes = {{"t_pkey", {"a", "b"}, "is WITHOUT OVERLAPS"}};
  class One final : public Catalog {
   public:
    explicit One(TableInfo info) : info_(std::move(info)) {}
    [[nodiscard]] const TableInfo* find(const TableName&) const override { return &info_; }

   private:
    TableInfo info_;
  };
  const One catalog(table);
  const std::string file = "schema_version: v1\ndefaults: {upsert_key: [a, b]}\ntopics:\n  t:\n    table: t\n";
  EXPECT_THAT(compile_problems(file + "    field_mappings: {a: a, b: b}\n", catalog),
              ElementsAre(AllOf(HasSubstr("error upsert_key"), HasSubstr("`t_pkey` on (a, b) is WITHOUT OVERLAPS"))));
}

TEST(NoPartitionTest, IsReadAndStopsByDefault) {
  EXPECT_EQ(topic_of(topic_yaml("field_mappings: {a: a}")).no_partition, NoPartition::stop);
  EXPECT_EQ(topic_of(topic_yaml("no_partition: dead_letter")).no_partition, NoPartition::dead_letter);
  EXPECT_THAT(problems_of(topic_yaml("no_partition: skip")),
              ElementsAre(HasSubstr("is `skip`; accepted: stop, dead_letter")));
}

}  // namespace
}  // namespace loom::mapping::testing
