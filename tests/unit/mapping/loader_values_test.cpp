#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string default_of(const std::string& yaml_value) {
  return topic_of(topic_yaml("defaults:\n  c: " + yaml_value)).defaults.at("c");
}

TEST(LoaderValuesTest, DefaultsBecomeJsonByTheTypesOfYaml12) {
  EXPECT_EQ(default_of("false"), "false");
  EXPECT_EQ(default_of("TRUE"), "true");
  EXPECT_EQ(default_of("\"false\""), "\"false\"");
  EXPECT_EQ(default_of("yes"), "\"yes\"");
  EXPECT_EQ(default_of("off"), "\"off\"");
  EXPECT_EQ(default_of("0"), "0");
  EXPECT_EQ(default_of("-12"), "-12");
  EXPECT_EQ(default_of("\"5\""), "\"5\"");
  EXPECT_EQ(default_of("1.50"), "1.50");
  EXPECT_EQ(default_of("+.5e+3"), "0.5e3");
  EXPECT_EQ(default_of("007"), "7");
  EXPECT_EQ(default_of("0x1F"), "31");
  EXPECT_EQ(default_of("0o17"), "15");
  EXPECT_EQ(default_of("12345678901234567890123"), "12345678901234567890123");
  EXPECT_EQ(default_of("2024-01-31"), "\"2024-01-31\"");
  EXPECT_EQ(default_of("12:30"), "\"12:30\"");
  EXPECT_EQ(default_of("\"-\""), "\"-\"");
  EXPECT_EQ(default_of("''"), "\"\"");
  EXPECT_EQ(default_of(".inf"), "\".inf\"");
  EXPECT_EQ(default_of("!!str 5"), "\"5\"");
  EXPECT_EQ(default_of("plain text"), "\"plain text\"");
  EXPECT_EQ(default_of(R"("quote \" backslash \\ tab \t")"), R"("quote \" backslash \\ tab \u0009")");
}

TEST(LoaderValuesTest, DefaultsMayBeListsAndMaps) {
  EXPECT_EQ(default_of("[1, two, null, true]"), "[1,\"two\",null,true]");
  EXPECT_EQ(default_of("{a: 1, b: {c: [x]}}"), R"({"a":1,"b":{"c":["x"]}})");
  EXPECT_EQ(default_of("[]"), "[]");
  EXPECT_EQ(default_of("{}"), "{}");
}

TEST(LoaderValuesTest, ANullDefaultIsNone) {
  EXPECT_THAT(topic_of(topic_yaml("defaults:\n  c:\n  d: null\n  e: ~")).defaults, IsEmpty());
  EXPECT_THAT(topic_of(topic_yaml("defaults:")).defaults, IsEmpty());
}

TEST(LoaderValuesTest, NamesComeAsAListOrAsOneText) {
  EXPECT_THAT(topic_of(topic_yaml("upsert_key: a")).upsert_key, ElementsAre("a"));
  EXPECT_THAT(topic_of(topic_yaml("upsert_key: 'a,b , c'")).upsert_key, ElementsAre("a", "b", "c"));
  EXPECT_THAT(topic_of(topic_yaml("upsert_key: [a, b]")).upsert_key, ElementsAre("a", "b"));
  EXPECT_THAT(topic_of(topic_yaml("required_fields: a, data.b")).required_fields, ElementsAre("a", "data.b"));
  EXPECT_THAT(topic_of(topic_yaml("required_fields:\n  - a\n  -\n  - b")).required_fields, ElementsAre("a", "b"));
  EXPECT_THAT(topic_of(topic_yaml("required_fields:")).required_fields, IsEmpty());
  EXPECT_THAT(problems_of(topic_yaml("upsert_key: a, b, a")), ElementsAre("5 warning upsert_key: names `a` twice"));
  EXPECT_THAT(problems_of(topic_yaml("upsert_key: a,,b")),
              ElementsAre("5 warning upsert_key: has an empty name, which is left out"));
  EXPECT_THAT(problems_of(topic_yaml("upsert_key: {a: b}")), ElementsAre(StartsWith("5 error upsert_key: ")));
  EXPECT_THAT(problems_of(topic_yaml("required_fields:\n  - [a]")),
              ElementsAre(StartsWith("6 error required_fields: ")));
}

TEST(LoaderValuesTest, NullEntriesAreIgnoredWithAWarning) {
  const std::string yaml = topic_yaml(
      "field_mappings:\n"
      "  a:\n"
      "  b: b\n"
      "data_types:\n"
      "  b:\n"
      "transforms:\n"
      "conflict_strategy:");
  EXPECT_EQ(topic_of(yaml).field_mappings.size(), 1U);
  EXPECT_EQ(topic_of(yaml).conflict_strategy, ConflictStrategy::ignore);
  EXPECT_THAT(problems_of(yaml),
              ElementsAre(StartsWith("6 warning field_mappings.a: "), StartsWith("9 warning data_types.b: "),
                          StartsWith("11 warning conflict_strategy: ")));
}

TEST(LoaderValuesTest, QuotedNumbersAreNumbersWhereNumbersAreAsked) {
  const auto topic = topic_of(topic_yaml("batch_size: \"25\"\nbatch_timeout: '0.25'"));
  EXPECT_EQ(topic.batch_size, 25);
  EXPECT_EQ(topic.batch_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(topic_of(topic_yaml("batch_timeout: 300ms")).batch_timeout, std::chrono::milliseconds(300));
  EXPECT_EQ(topic_of(topic_yaml("batch_timeout: 2s")).batch_timeout, std::chrono::milliseconds(2000));
  for (const char* bad : {"0", "-5", "1.5", "1e9", "12x", "\"\""}) {
    EXPECT_THAT(problems_of(topic_yaml(std::string("batch_size: ") + bad)),
                ElementsAre(StartsWith("5 error batch_size: ")))
        << bad;
  }
  for (const char* bad : {"nan", "inf", "5m", "4000", "\"\""}) {
    EXPECT_THAT(problems_of(topic_yaml(std::string("batch_timeout: ") + bad)),
                ElementsAre(StartsWith("5 error batch_timeout: ")))
        << bad;
  }
}

TEST(LoaderValuesTest, OneSourceMayFeedSeveralColumns) {
  const auto topic = topic_of(topic_yaml("field_mappings:\n  data.at: [at, day]"));
  ASSERT_EQ(topic.field_mappings.size(), 2U);
  EXPECT_EQ(topic.field_mappings[0].column, "at");
  EXPECT_EQ(topic.field_mappings[1].column, "day");
  EXPECT_EQ(topic.field_mappings[1].source, "data.at");
}

TEST(LoaderValuesTest, MetadataSourcesAreKnownAndOthersOfThatLookAreFields) {
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n  $key: a\n  $topic: b\n  $partition: c\n  $offset: d\n"
                                     "  $timestamp: e\n  $headers.trace.id: f\n  $value: g")),
              IsEmpty());
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n  $ofset: a")),
              ElementsAre(StartsWith("6 warning field_mappings.$ofset: is read as a field")));
  EXPECT_THAT(problems_of(topic_yaml("field_mappings:\n  $headers: a")), ElementsAre(HasSubstr("$headers.NAME")));
}

TEST(LoaderValuesTest, ArrayMappingsSayWhatTheyLack) {
  EXPECT_THAT(problems_of(topic_yaml("array_mappings:\n  words:\n    element_mappings: {}")),
              ElementsAre(StartsWith("7 error array_mappings.words.element_mappings: names no column")));
  EXPECT_THAT(problems_of(topic_yaml("array_mappings:\n  words:\n    element_mappings: {a: }")),
              ElementsAre(StartsWith("7 warning array_mappings.words.element_mappings.a: names no column"),
                          StartsWith("7 error array_mappings.words.element_mappings: names no column")));
  EXPECT_THAT(problems_of(topic_yaml("array_mappings:\n  words: w")),
              ElementsAre("6 error array_mappings.words: must be a map (`name: value` lines), and is the single value "
                          "`w`"));
  EXPECT_THAT(problems_of(topic_yaml("array_mappings:\n  words:\n    table: c\n    foreign_key_mapping: {id: }\n"
                                     "    element_mappings: {a: a}")),
              ElementsAre("8 error array_mappings.words.foreign_key_mapping.id: names no column of the parent table"));
  EXPECT_THAT(problems_of(topic_yaml("array_mappings:\n  words:\n    foreign_key_mapping: {id: id}\n"
                                     "    element_mappings: {a: a}")),
              ElementsAre(StartsWith("6 warning array_mappings.words.foreign_key_mapping: is ignored")));
}

}  // namespace
}  // namespace loom::mapping::testing
