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

const char* const kInherited = "schema_version: v1\ndefaults: {upsert_key: [a, b]}\ntopics:\n  t:\n    table: t\n";

TEST(CompileKeysTest, AKeyOfTheTopicsOwnFindsItsUniqueIndexInAnyOrderOfColumns) {
  const auto catalog = FakeCatalog().table("t", {"a text", "b text", "c text"}, {{"c"}, {"b", "a"}});
  const auto plan = compiled(topic_yaml("field_mappings: {a: a, b: b, c: c}\nupsert_key: a, b"), catalog);
  EXPECT_THAT(key(plan.tables[0]), ElementsAre("a", "b"));
}

TEST(CompileKeysTest, AKeyOfTheTopicsOwnWithoutSuchAnIndexIsAnError) {
  const auto catalog = FakeCatalog().table("t", {"a text", "b text"}, {{"a", "b"}});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {a: a, b: b}\nupsert_key: a"), catalog),
              ElementsAre(AllOf(StartsWith("6 error upsert_key: the key (a) cannot be used"), HasSubstr("(a, b)"))));
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {a: a}\nupsert_key: a, b"), catalog),
              ElementsAre("6 error upsert_key: the key (a, b) cannot be used: no field mapping feeds b"));
}

TEST(CompileKeysTest, AnInheritedKeyCountsWhereColumnsAndIndexAreThere) {
  const auto catalog = FakeCatalog().table("t", {"a text", "b text"}, {{"a", "b"}});
  const auto plan = compiled(std::string(kInherited) + "    field_mappings: {a: a, b: b}\n", catalog);
  EXPECT_THAT(key(plan.tables[0]), ElementsAre("a", "b"));
}

TEST(CompileKeysTest, AnInheritedKeyElsewhereMeansPlainInsertWithAWarning) {
  const std::string mapped = std::string(kInherited) + "    field_mappings: {a: a, b: b}\n";
  const auto no_index = FakeCatalog().table("t", {"a text", "b text"}, {{"a"}});
  EXPECT_THAT(compile_problems(mapped, no_index),
              ElementsAre(AllOf(StartsWith("4 warning upsert_key: "), HasSubstr("no unique index on exactly"))));
  EXPECT_THAT(key(compiled(mapped, no_index).tables[0]), IsEmpty());

  const std::string partly = std::string(kInherited) + "    field_mappings: {a: a}\n";
  const auto with_index = FakeCatalog().table("t", {"a text", "b text"}, {{"a", "b"}});
  EXPECT_THAT(compile_problems(partly, with_index),
              ElementsAre(AllOf(StartsWith("4 warning upsert_key: "), HasSubstr("no field mapping feeds b"))));
}

TEST(CompileKeysTest, WithoutAnyKeyRowsAreInsertedAsTheyCome) {
  const auto catalog = FakeCatalog().table("t", {"a text"}, {{"a"}});
  EXPECT_THAT(key(compiled(topic_yaml("field_mappings: {a: a}"), catalog).tables[0]), IsEmpty());
  const std::string opted_out = std::string(kInherited) + "    field_mappings: {a: a}\n    upsert_key: []\n";
  EXPECT_THAT(compile_problems(opted_out, catalog), IsEmpty());
}

TEST(CompileKeysTest, TheSequenceFieldIsPartOfTheKeyOfExplodedRows) {
  const std::string yaml = topic_yaml(
      "field_mappings: {a: a}\nupsert_key: a\n"
      "array_mappings:\n  words:\n    element_mappings: {w: word}\n    sequence_field: n");
  const auto good = FakeCatalog().table("t", {"a text", "word text", "n int4"}, {{"a", "n"}});
  EXPECT_THAT(key(compiled(yaml, good).tables[0]), ElementsAre("a", "n"));
  const auto bad = FakeCatalog().table("t", {"a text", "word text", "n int4"}, {{"a"}});
  EXPECT_THAT(compile_problems(yaml, bad),
              ElementsAre(StartsWith("6 error upsert_key: the key (a, n) cannot be used")));
}

class ChildKeys : public ::testing::Test {
 protected:
  static std::string yaml(const std::string& sequence) {
    return topic_yaml(
        "field_mappings: {a: a, b: b}\n"
        "upsert_key: a, b\n"
        "array_mappings:\n"
        "  words:\n"
        "    table: child\n"
        "    foreign_key_mapping: {parent_a: a, parent_b: b}\n"
        "    element_mappings: {w: word}\n" +
        sequence);
  }
  static TopicPlan plan(const std::string& sequence, std::vector<std::vector<std::string>> unique) {
    return compiled(yaml(sequence),
                    FakeCatalog()
                        .table("t", {"a text", "b text"}, {{"a", "b"}})
                        .table("child", {"parent_a text", "parent_b text", "word text", "n int4"}, std::move(unique)));
  }
};

TEST_F(ChildKeys, TakeTheParentsKeyAndTheIndex) {
  const auto numbered = plan("    sequence_field: n", {{"n", "parent_b", "parent_a"}});
  EXPECT_THAT(key(numbered.tables[1]), ElementsAre("parent_a", "parent_b", "n"));
}

TEST_F(ChildKeys, AreOnlyTheParentsWhereElementsHaveNoIndex) {
  EXPECT_THAT(key(plan("", {{"parent_a", "parent_b"}}).tables[1]), ElementsAre("parent_a", "parent_b"));
}

TEST_F(ChildKeys, AreNoneWithoutSuchAnIndexAndThatIsNoProblem) {
  EXPECT_THAT(key(plan("    sequence_field: n", {{"parent_a", "n"}}).tables[1]), IsEmpty());
}

TEST(CompileKeysTest, AChildThatRefersToOtherColumnsThanTheKeyGoesByThem) {
  const auto catalog = FakeCatalog()
                           .table("t", {"a text", "b text"}, {{"a"}})
                           .table("child", {"parent_b text", "word text", "n int4"}, {{"parent_b", "n"}});
  const auto plan = compiled(topic_yaml("field_mappings: {a: a, b: b}\n"
                                        "upsert_key: a\n"
                                        "array_mappings:\n"
                                        "  words:\n"
                                        "    table: child\n"
                                        "    foreign_key_mapping: {parent_b: b}\n"
                                        "    element_mappings: {w: word}\n"
                                        "    sequence_field: n"),
                             catalog);
  EXPECT_THAT(key(plan.tables[1]), ElementsAre("parent_b", "n"));
}

}  // namespace
}  // namespace loom::mapping::testing
