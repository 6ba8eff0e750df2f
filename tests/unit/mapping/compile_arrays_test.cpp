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

std::vector<std::string> sources_of(const TopicPlan& plan, std::size_t table, const std::string& name) {
  return sources(plan, column(plan.tables.at(table), name).sources);
}

TEST(CompileArraysTest, WithoutATableElementsBecomeRowsOfTheTopicsOwn) {
  const auto catalog = FakeCatalog().table("t", {"id text", "transcript text", "word text", "start float8", "n int4"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  id: id\n"
                                        "  data.transcript: transcript\n"
                                        "array_mappings:\n"
                                        "  data.words:\n"
                                        "    element_mappings: {text: word, time.start: start}\n"
                                        "    sequence_field: n"),
                             catalog);
  ASSERT_EQ(plan.tables.size(), 1U);
  EXPECT_THAT(plan.tables[0].arrays, ElementsAre(0));
  EXPECT_TRUE(plan.tables[0].row_without_elements);
  ASSERT_EQ(plan.arrays.size(), 1U);
  EXPECT_EQ(plan.arrays[0].path, "data.words");
  EXPECT_EQ(plan.arrays[0].table, 0);
  EXPECT_THAT(sources_of(plan, 0, "id"), ElementsAre("id"));
  EXPECT_THAT(sources_of(plan, 0, "word"), ElementsAre("[0].text"));
  EXPECT_THAT(sources_of(plan, 0, "start"), ElementsAre("[0].time.start"));
  EXPECT_THAT(sources_of(plan, 0, "n"), ElementsAre("[0]#"));
  EXPECT_EQ(column(plan.tables[0], "n").value_type, ValueType::integer);

  int arrays = 0;
  for (const auto& node : plan.message.nodes) arrays += node.array == 0 ? 1 : 0;
  EXPECT_EQ(arrays, 1);
  EXPECT_EQ(plan.arrays[0].element.slots, 2);
}

TEST(CompileArraysTest, WithATableElementsBecomeRowsOfItWithTheParentsValues) {
  const auto catalog = FakeCatalog()
                           .table("t", {"id text", "period timestamptz"})
                           .table("app.child", {"parent_id text", "period timestamptz", "name text", "uses int8"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  trace: id\n"
                                        "  data.id: id\n"
                                        "  start: period\n"
                                        "data_types: {period: timestamp, uses: integer}\n"
                                        "transforms: {period: timestamp_parse}\n"
                                        "defaults: {id: none}\n"
                                        "array_mappings:\n"
                                        "  apps:\n"
                                        "    table: app.child\n"
                                        "    foreign_key_mapping: {parent_id: id, period: period}\n"
                                        "    element_mappings: {name: name, uses: uses}"),
                             catalog);
  ASSERT_EQ(plan.tables.size(), 2U);
  EXPECT_THAT(plan.tables[0].arrays, IsEmpty());
  EXPECT_TRUE(plan.tables[0].row_without_elements);
  const auto& child = plan.tables[1];
  EXPECT_EQ(child.name.display(), "app.child");
  EXPECT_THAT(child.arrays, ElementsAre(0));
  EXPECT_FALSE(child.row_without_elements);
  EXPECT_EQ(plan.arrays[0].table, 1);
  EXPECT_THAT(sources_of(plan, 1, "parent_id"), ElementsAre("trace", "data.id"));
  EXPECT_EQ(column(child, "parent_id").default_json, "\"none\"");
  EXPECT_EQ(column(child, "period").value_type, ValueType::timestamp);
  EXPECT_EQ(column(child, "period").transform, Transform::timestamp_parse);
  EXPECT_THAT(sources_of(plan, 1, "name"), ElementsAre("[0].name"));
}

TEST(CompileArraysTest, ArraysMayShareAChildTable) {
  const auto catalog = FakeCatalog().table("t", {"id text"}).table("child", {"id text", "a text", "b text"});
  const auto plan =
      compiled(topic_yaml("field_mappings: {id: id}\n"
                          "array_mappings:\n"
                          "  first: {table: child, foreign_key_mapping: {id: id}, element_mappings: {x: a}}\n"
                          "  second: {table: child, foreign_key_mapping: {id: id}, element_mappings: {x: b, y: a}}"),
               catalog);
  ASSERT_EQ(plan.tables.size(), 2U);
  EXPECT_THAT(plan.tables[1].arrays, ElementsAre(0, 1));
  EXPECT_THAT(sources_of(plan, 1, "id"), ElementsAre("id"));
  EXPECT_THAT(sources_of(plan, 1, "a"), ElementsAre("[0].x", "[1].y"));
  EXPECT_THAT(sources_of(plan, 1, "b"), ElementsAre("[1].x"));
}

TEST(CompileArraysTest, ValueStandsForAScalarElementAndIsStillAField) {
  const auto catalog = FakeCatalog().table("t", {"id text", "tag text"});
  const auto plan = compiled(
      topic_yaml("field_mappings: {id: id}\narray_mappings:\n  tags: {element_mappings: {value: tag, name: tag}}"),
      catalog);
  EXPECT_THAT(sources_of(plan, 0, "tag"), ElementsAre("[0].value", "[0].name", "[0]"));
  EXPECT_GE(plan.arrays[0].element.nodes[0].slot, 0);
}

TEST(CompileArraysTest, TheElementGoesBeforeTheMessageInAColumnThatBothFeed) {
  const auto catalog = FakeCatalog().table("t", {"confidence float8"});
  const auto plan = compiled(topic_yaml("field_mappings: {data.confidence: confidence}\n"
                                        "array_mappings:\n  words: {element_mappings: {confidence: confidence}}"),
                             catalog);
  EXPECT_THAT(sources_of(plan, 0, "confidence"), ElementsAre("[0].confidence", "data.confidence"));
}

TEST(CompileArraysTest, AForeignKeyMayNameTheParentsColumnByItsSource) {
  const auto catalog = FakeCatalog().table("t", {"id text"}).table("child", {"parent text", "a text"});
  const auto plan =
      compiled(topic_yaml("field_mappings: {trace_id: id}\n"
                          "array_mappings:\n"
                          "  w: {table: child, foreign_key_mapping: {parent: trace_id}, element_mappings: {a: a}}"),
               catalog);
  EXPECT_THAT(sources_of(plan, 1, "parent"), ElementsAre("trace_id"));
}

TEST(CompileArraysTest, AForeignKeyToAnUnmappedColumnIsAnError) {
  const auto catalog = FakeCatalog().table("t", {"id text", "x text"}).table("child", {"x text", "a text"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {id: id}\n"
                                          "array_mappings:\n"
                                          "  w:\n"
                                          "    table: child\n"
                                          "    foreign_key_mapping:\n"
                                          "      x: x\n"
                                          "    element_mappings: {a: a}"),
                               catalog),
              ElementsAre("10 error array_mappings.w.foreign_key_mapping.x: names `x`, which is no mapped column of "
                          "`t`; these are: id"));
}

TEST(CompileArraysTest, AnUnknownElementColumnIsAnErrorAtItsLine) {
  const auto catalog = FakeCatalog().table("t", {"id text"}).table("child", {"a text"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {id: id}\n"
                                          "array_mappings:\n"
                                          "  w:\n"
                                          "    table: child\n"
                                          "    element_mappings:\n"
                                          "      a: a\n"
                                          "      b: b"),
                               catalog),
              ElementsAre("11 error array_mappings.w.element_mappings.b: `child` has no column `b`; its columns: a. "
                          "`create-tables --alter` adds columns"));
}

TEST(CompileArraysTest, ASequenceThatMustNotBeNullNeedsADefaultForMessagesWithoutElements) {
  const std::string lines =
      "field_mappings: {id: id}\narray_mappings:\n  w:\n    element_mappings: {a: a}\n    sequence_field: n";
  const auto strict = FakeCatalog().table("t", {"id text", "a text", "n int4 !"});
  EXPECT_THAT(compile_problems(topic_yaml(lines), strict),
              ElementsAre(AllOf(StartsWith("7 warning array_mappings.w.sequence_field: "), HasSubstr("NOT NULL"))));
  const auto defaulted = FakeCatalog().table("t", {"id text", "a text", "n int4 ! ="});
  EXPECT_THAT(compile_problems(topic_yaml(lines), defaulted), IsEmpty());
  EXPECT_THAT(compile_problems(topic_yaml(lines + "\ndefaults: {n: -1}"), strict), IsEmpty());
}

TEST(CompileArraysTest, ARequiredFieldInsideAnArrayIsLookedForInItsElements) {
  const auto catalog = FakeCatalog().table("t", {"id text", "word text"});
  const auto plan = compiled(topic_yaml("field_mappings: {id: id}\n"
                                        "required_fields: [data.words, data.words.text, data.words.lang, word]\n"
                                        "array_mappings:\n"
                                        "  data.words: {element_mappings: {text: word}}"),
                             catalog);
  ASSERT_EQ(plan.required.size(), 4U);
  EXPECT_THAT(sources(plan, plan.required[0].sources), ElementsAre("data.words"));
  EXPECT_THAT(sources(plan, plan.required[1].sources), ElementsAre("[0].text"));
  EXPECT_THAT(sources(plan, plan.required[2].sources), ElementsAre("[0].lang"));
  EXPECT_THAT(sources(plan, plan.required[3].sources), ElementsAre("[0].text"));
}

TEST(CompileArraysTest, MetadataMayFeedAChildRow) {
  const auto catalog = FakeCatalog().table("t", {"id text"}).table("child", {"o int8", "a text"});
  const auto plan = compiled(topic_yaml("field_mappings: {id: id}\narray_mappings:\n"
                                        "  w: {table: child, element_mappings: {$offset: o, a: a}}"),
                             catalog);
  EXPECT_THAT(sources_of(plan, 1, "o"), ElementsAre("$offset"));
}

TEST(CompileArraysTest, AMappingWithArraysOnlyTakesTheOtherColumnsByName) {
  const auto catalog = FakeCatalog().table("t", {"id text", "word text"});
  const auto plan = compiled(topic_yaml("array_mappings:\n  words: {element_mappings: {text: word}}"), catalog);
  EXPECT_THAT(sources_of(plan, 0, "id"), ElementsAre("id", "data.id"));
  EXPECT_THAT(sources_of(plan, 0, "word"), ElementsAre("[0].text", "word", "data.word"));
}

}  // namespace
}  // namespace loom::mapping::testing
