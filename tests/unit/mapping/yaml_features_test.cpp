#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

TEST(YamlFeaturesTest, AnchorsAliasesAndMergeKeysWork) {
  const auto file = loaded(R"(schema_version: v1
x-envelope: &envelope
  trace_id: trace_id
  device_id: device_id
x-types: &types {at: timestamp}
topics:
  a:
    table: a
    field_mappings:
      <<: *envelope
      device_id: device
    data_types: *types
  b: &b
    table: b
    required_fields: &required [trace_id]
  c:
    <<: [*b, {table: never, description: second}]
    table: c
    required_fields: *required
)");
  ASSERT_EQ(file.topics.size(), 3U);
  const auto& fields = file.topics[0].field_mappings;
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].source, "device_id");
  EXPECT_EQ(fields[0].column, "device") << "the map's own entry overrides the merged one";
  EXPECT_EQ(fields[1].source, "trace_id");
  EXPECT_EQ(fields[1].line, 3);
  EXPECT_THAT(file.topics[0].data_types, ElementsAre(Pair("at", ValueType::timestamp)));
  EXPECT_EQ(file.topics[2].table.name, "c");
  EXPECT_EQ(file.topics[2].description, "second");
  EXPECT_THAT(file.topics[2].required_fields, ElementsAre("trace_id"));
}

TEST(YamlFeaturesTest, HomesOfAnchorsAreNotWarnedOf) {
  EXPECT_THAT(problems_of("schema_version: v1\nx-a: {b: c}\n.hidden: 1\ntopics:\n  t: {table: t}\n"), IsEmpty());
}

TEST(YamlFeaturesTest, AMergeOfSomethingElseThanAMapIsAnError) {
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t:\n    <<: word\n    table: t\n"),
              ElementsAre("3 error : `<<` takes a map or a list of maps, and has the single value `word`"));
}

TEST(YamlFeaturesTest, AKeyThatStandsTwiceIsAnErrorThatNamesBothLines) {
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n  a: x\n  b: y\n  a: z")),
              ElementsAre("8 error field_mappings.a: stands twice, with different values; the first is in line 6"));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t: {table: a}\n  t: {table: b}\n"),
              ElementsAre("4 error topics.t: stands twice, with different values; the first is in line 3"));
}

TEST(YamlFeaturesTest, AKeyThatStandsTwiceWithTheSameValueIsOnlyAWarning) {
  const std::string yaml = topic_yaml("field_mappings:\n  a: x\n  a: x");
  EXPECT_THAT(problems_of(yaml), ElementsAre(StartsWith("7 warning field_mappings.a: stands twice")));
  EXPECT_EQ(topic_of(yaml).field_mappings.size(), 1U);
}

TEST(YamlFeaturesTest, AKeyMustBeASingleValue) {
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n  ? [a, b]\n  : c")),
              ElementsAre("6 error field_mappings: a key must be a single value, and is a list"));
}

TEST(YamlFeaturesTest, AnAnchorThatHoldsItselfIsRefusedAndDoesNotHang) {
  const std::string problem = " error : the aliases stand for too much: they hold themselves or each other";
  EXPECT_THAT(problems_of(topic_yaml("defaults:\n  a: &a [*a]")), ElementsAre("6" + problem));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t: &t\n    table: t\n    <<: *t\n"),
              ElementsAre("5" + problem));
}

TEST(YamlFeaturesTest, MergesOfMergesEndSomewhere) {
  std::string yaml = "schema_version: v1\nx-0: &l0 {table: t}\n";
  for (int level = 1; level <= 70; ++level) {
    yaml +=
        "x-" + std::to_string(level) + ": &l" + std::to_string(level) + " {<<: *l" + std::to_string(level - 1) + "}\n";
  }
  EXPECT_THAT(problems_of(yaml + "topics: {t: {<<: *l60}}\n"), ElementsAre());
  EXPECT_THAT(problems_of(yaml + "topics: {t: {<<: *l70}}\n"),
              Contains("73 error : `<<` merges maps that merge others, more than 64 deep"));
}

TEST(YamlFeaturesTest, AnAnchorThatGrowsWithoutBoundIsRefused) {
  std::string yaml = "schema_version: v1\nx-a: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level <= 9; ++level) {
    const std::string inner = "*l" + std::to_string(level - 1);
    yaml += "x-" + std::to_string(level) + ": &l" + std::to_string(level) + " [" + inner;
    for (int i = 1; i < 10; ++i) yaml += ", " + inner;
    yaml += "]\n";
  }
  yaml += "topics:\n  t:\n    table: t\n    defaults: {a: *l9}\n";
  EXPECT_THAT(problems_of(yaml), ElementsAre(StartsWith("7 error : the aliases stand for too much")));
}

TEST(YamlFeaturesTest, OnlyTheFirstDocumentIsRead) {
  EXPECT_THAT(problems_of("---\nschema_version: v1\ntopics:\n  t: {table: t}\n---\nother: 1\n"),
              ElementsAre("5 warning : a second YAML document starts here; only the first is read"));
}

TEST(YamlFeaturesTest, TextThatBelongsToNothingIsAnError) {
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t: {table: t}\n, more\n"),
              ElementsAre(StartsWith("4 error : is not YAML")));
  EXPECT_THAT(problems_of(",\nschema_version: v1\ntopics:\n  t: {table: t}\n"),
              ElementsAre(StartsWith("1 error : is not YAML")));
}

TEST(YamlFeaturesTest, EndlessNestingIsRefused) {
  EXPECT_THAT(problems_of(std::string(20'000, '[')), ElementsAre("1 error : is nested too deep"));
}

TEST(YamlFeaturesTest, ByteOrderMarkAndWindowsLineEndsAreNoMatter) {
  const auto topic = topic_of("\xEF\xBB\xBFschema_version: v1\r\ntopics:\r\n  t:\r\n    table: t\r\n");
  EXPECT_EQ(topic.table.name, "t");
  EXPECT_EQ(topic.key_lines.at("table"), 4);
}

TEST(YamlFeaturesTest, NonAsciiNamesSurvive) {
  const auto topic = topic_of(topic_yaml("field_mappings:\n  data.größe: größe"));
  EXPECT_EQ(topic.field_mappings.at(0).column, "größe");
}

}  // namespace
}  // namespace loom::mapping::testing
