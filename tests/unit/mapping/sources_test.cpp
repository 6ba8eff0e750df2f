// What a mapping may name as a source, and what is said of the rest.

#include "mapping/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Sources, AreFieldsOfTheMessageOrOfTheKeyOrAboutTheRecord) {
  EXPECT_EQ(read_source("data.x").path, "data.x");
  EXPECT_FALSE(read_source("data.x").of_key);
  EXPECT_EQ(read_source("$key").kind, SourceKind::key);
  EXPECT_EQ(read_source("$key.customer.id").path, "customer.id");
  EXPECT_TRUE(read_source("$key.customer.id").of_key);
  EXPECT_EQ(read_source(R"($key."odd.name")").path, R"("odd.name")");
  EXPECT_EQ(read_source("$key[0].x").path, "[0].x");
  EXPECT_EQ(read_source("$headers.trace.id").header, "trace.id");
  EXPECT_EQ(read_source(R"($headers."odd name")").header, "odd name");
  EXPECT_EQ(read_source(R"("$key".id)").kind, SourceKind::field);
  EXPECT_FALSE(read_source(R"("$key".id)").of_key);
}

TEST(Sources, AreTheSameHoweverTheyAreSpelt) {
  EXPECT_TRUE(same_source("$key.a", R"($key."a")"));
  EXPECT_TRUE(same_source("a.b", R"("a".b)"));
  EXPECT_FALSE(same_source("$key.a", "a"));
  EXPECT_FALSE(same_source("$key", R"("$key")"));
  EXPECT_FALSE(same_source("$offset", "$partition"));
}

TEST(Sources, BrokenPathsAreErrorsWithTheirLines) {
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n"
                                     "  tags[]: tags\n"
                                     "  'a.\"b': b\n"
                                     "  items[0].sku: sku\n"
                                     "  data.\"service.name\": service\n"
                                     "required_fields: ['x..y', 'data.\"a,b\"']\n"
                                     "array_mappings:\n"
                                     "  'list[x]': {element_mappings: {a: a}}\n"
                                     "  list: {element_mappings: {'[0': a, '[1].x': b}}\n"
                                     "  $key.items: {element_mappings: {a: a}}\n")),
              ElementsAre(HasSubstr("6 error field_mappings.tags[]: is `tags[]`; `[]` is no element of a list"),
                          HasSubstr("7 error field_mappings.a.\"b: is `a.\"b`; a quote is not closed"),
                          HasSubstr("10 error required_fields: is `x..y`; a path is names"),
                          HasSubstr("12 error array_mappings.list[x]: is `list[x]`; `[x]` is no element"),
                          HasSubstr("13 error array_mappings.list.element_mappings.[0: is `[0`"),
                          HasSubstr("14 error array_mappings.$key.items: is no list that can become rows")));
}

TEST(Sources, WhatCanNeverMatchIsAWarning) {
  EXPECT_THAT(
      problems_of(topic_yaml("field_mappings:\n"
                             "  $schema: a\n"
                             "  $topic.name: b\n"
                             "  $value.x: c\n"
                             "  $headers.a.b: d\n"
                             "  $key.id: e\n"
                             "  '\"$schema\"': f\n"
                             "required_fields: [$offset.x]\n")),
      ElementsAre(HasSubstr("6 warning field_mappings.$schema: is read as a field of that name"),
                  HasSubstr("7 warning field_mappings.$topic.name: can never match: `$topic` is a single value"),
                  HasSubstr("8 warning field_mappings.$value.x: can never match: `$value` is the message"),
                  HasSubstr("12 warning required_fields: can never match: `$offset`")));
}

TEST(Sources, ThePathsOfAMessageThatIsAListBeginWithAnElement) {
  FakeCatalog catalog;
  catalog.table("t", {"a text", "b text", "c text"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings:\n"
                                          "  a: a\n"
                                          "  '[0].b': b\n"
                                          "array_mappings:\n"
                                          "  $value: {element_mappings: {c: c}}\n"),
                               catalog),
              ElementsAre(HasSubstr("6 warning field_mappings.a: can never match: the message is a list")));
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings:\n"
                                          "  a: a\n"
                                          "  '[0].b': b\n"),
                               catalog),
              ElementsAre(HasSubstr("7 warning field_mappings.[0].b: can never match: a message that is a list")));
}

TEST(Sources, TwoNamesForOneListAreAnError) {
  FakeCatalog catalog;
  catalog.table("t", {"a text"});
  EXPECT_THAT(compile_problems(topic_yaml("array_mappings:\n"
                                          "  list: {element_mappings: {a: a}}\n"
                                          "  '\"list\"': {element_mappings: {b: a}}\n"),
                               catalog),
              ElementsAre(HasSubstr("7 error array_mappings.\"list\": is the same list as `list`")));
}

TEST(AbsentValues, AreAListOfScalarsThatTheTopicsOwnReplaces) {
  const auto file = loaded(
      "schema_version: v1\n"
      "defaults:\n"
      "  absent_values: ['', N/A]\n"
      "topics:\n"
      "  a: {table: a}\n"
      "  b: {table: b, absent_values: [-999, true, \"5\", 1.50]}\n"
      "  c: {table: c, absent_values: []}\n");
  EXPECT_THAT(file.topics[0].absent_values, ElementsAre("\"\"", "\"N/A\""));
  EXPECT_THAT(file.topics[1].absent_values, ElementsAre("-999", "true", "\"5\"", "1.50"));
  EXPECT_THAT(file.topics[2].absent_values, IsEmpty());
}

TEST(AbsentValues, AnythingElseIsAnErrorWithItsLine) {
  EXPECT_THAT(problems_of(topic_yaml("absent_values: N/A\n")),
              ElementsAre(HasSubstr("5 error absent_values: takes a list of single values")));
  EXPECT_THAT(problems_of(topic_yaml("absent_values:\n  - N/A\n  - [1]\n  - null\n")),
              ElementsAre(HasSubstr("7 error absent_values: takes texts, numbers and booleans, and has a list"),
                          HasSubstr("8 warning absent_values: names null")));
}

}  // namespace
}  // namespace loom::mapping::testing
