#include "mapping/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST(LoaderTest, ReadsEveryKeyOfATopic) {
  const auto topic = topic_of(R"(schema_version: v1
topics:
  a.b:
    table: loom.events
    description: what it is
    field_mappings:
      trace_id: id
      data.x: x
      x: x
    data_types: {x: integer, at: timestamp, tags: array, vec: float_array}
    transforms: {at: timestamp_parse}
    required_fields: [trace_id, data.x]
    defaults: {x: 5}
    upsert_key: [id, x]
    conflict_strategy: update
    array_mappings:
      data.words:
        table: words
        foreign_key_mapping: {event_id: id}
        table_column_prefix: word_
        element_mappings: {word: word_text, value: word_text}
        sequence_field: n
    batch_size: 50
    batch_timeout: 1.5
    create_table: false
    nul: strip
)");
  EXPECT_EQ(topic.topic, "a.b");
  EXPECT_EQ(topic.line, 3);
  EXPECT_EQ(topic.table.display(), "loom.events");
  EXPECT_EQ(topic.table.schema, "loom");
  EXPECT_EQ(topic.description, "what it is");
  ASSERT_EQ(topic.field_mappings.size(), 3U);
  EXPECT_EQ(topic.field_mappings[1].source, "data.x");
  EXPECT_EQ(topic.field_mappings[1].column, "x");
  EXPECT_EQ(topic.field_mappings[1].line, 8);
  EXPECT_THAT(topic.data_types,
              UnorderedElementsAre(Pair("x", ValueType::integer), Pair("at", ValueType::timestamp),
                                   Pair("tags", ValueType::array), Pair("vec", ValueType::float_array)));
  EXPECT_THAT(topic.transforms, ElementsAre(Pair("at", Transform::timestamp_parse)));
  EXPECT_THAT(topic.required_fields, ElementsAre("trace_id", "data.x"));
  EXPECT_THAT(topic.defaults, ElementsAre(Pair("x", "5")));
  EXPECT_THAT(topic.upsert_key, ElementsAre("id", "x"));
  EXPECT_FALSE(topic.upsert_key_inherited);
  EXPECT_EQ(topic.conflict_strategy, ConflictStrategy::update);
  EXPECT_EQ(topic.batch_size, 50);
  EXPECT_EQ(topic.batch_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(topic.create_table, CreateTable::never);
  EXPECT_EQ(topic.nul, NulPolicy::strip);
  EXPECT_EQ(topic.key_lines.at("nul"), 26);

  ASSERT_EQ(topic.array_mappings.size(), 1U);
  const auto& array = topic.array_mappings[0];
  EXPECT_EQ(array.path, "data.words");
  EXPECT_EQ(array.table->name, "words");
  ASSERT_EQ(array.foreign_key_mapping.size(), 1U);
  EXPECT_EQ(array.foreign_key_mapping[0].child_column, "event_id");
  EXPECT_EQ(array.foreign_key_mapping[0].parent_column, "id");
  ASSERT_EQ(array.element_mappings.size(), 2U);
  EXPECT_EQ(array.element_mappings[1].key, "value");
  EXPECT_EQ(array.sequence_field, "n");
}

TEST(LoaderTest, ATopicTakesTheFilesDefaultsAndItsOwnReplaceThem) {
  const auto file = loaded(R"(schema_version: v1
defaults:
  upsert_key: device_id, timestamp
  conflict_strategy: replace
  timestamp_field: timestamp
  device_id_field: device_id
  schema_version_field: schema_version
topics:
  inherits: {table: a}
  own: {table: b, upsert_key: id, conflict_strategy: ignore}
  none: {table: c, upsert_key: []}
)");
  EXPECT_THAT(file.topics[0].upsert_key, ElementsAre("device_id", "timestamp"));
  EXPECT_TRUE(file.topics[0].upsert_key_inherited);
  EXPECT_EQ(file.topics[0].conflict_strategy, ConflictStrategy::replace);
  EXPECT_THAT(file.topics[1].upsert_key, ElementsAre("id"));
  EXPECT_FALSE(file.topics[1].upsert_key_inherited);
  EXPECT_EQ(file.topics[1].conflict_strategy, ConflictStrategy::ignore);
  EXPECT_THAT(file.topics[2].upsert_key, IsEmpty());
}

TEST(LoaderTest, TopicsStayInTheOrderOfTheFile) {
  const auto file = loaded("topics:\n  z: {table: z}\n  a: {table: a}\n  m: {table: m}\n");
  ASSERT_EQ(file.topics.size(), 3U);
  EXPECT_EQ(file.topics[0].topic, "z");
  EXPECT_EQ(file.topics[1].topic, "a");
  EXPECT_EQ(file.topics[2].topic, "m");
}

TEST(LoaderTest, TheMinimalMappingNeedsOnlyATable) {
  const auto topic = topic_of(R"(topics:
  media.image.analysis.moondream_results:
    table: "media_image_analysis_moondream_results"
    description: "OCR results from Moondream"
)");
  EXPECT_TRUE(topic.is_minimal());
  EXPECT_EQ(topic.table.name, "media_image_analysis_moondream_results");
  EXPECT_EQ(topic.conflict_strategy, ConflictStrategy::ignore);
}

TEST(LoaderTest, ReportsEveryErrorOfAFileWithItsLineAndNotOnlyTheFirst) {
  EXPECT_THAT(
      problems_of(R"(schema_version: v2
defaults:
  conflict_strategy: overwrite
topics:
  one:
    description: no table here
  two:
    table: a.b.c
    field_mappings: [x, y]
    data_types:
      x: int
      y: integer
    transforms:
      x: base64
  three:
    table: t
    field_mappings:
      data..x: x
    conflict_strategy: [ignore]
    batch_size: many
    batch_timeout: -1
    nul: keep
    create_table: perhaps
    array_mappings:
      words:
        sequence_field: n
  ^(broken:
    table: t
)"),
      ElementsAre(
          "1 error schema_version: is `v2`; accepted: v1",
          "3 error defaults.conflict_strategy: is `overwrite`; accepted: ignore, update, replace",
          "5 error table: is not there; every topic needs the name of its table",
          "8 error table: is `a.b.c`; accepted: `name` or `schema.name`, with a name that holds a dot in "
          "double quotes: '\"a.b\"'",
          "9 error field_mappings: must be a map (`name: value` lines), and is a list",
          AllOf(
              StartsWith(
                  "11 error data_types.x: is `int`; did you mean `integer`? accepted: string, integer, float, boolean"),
              HasSubstr("timestamp, array, float_array, json, bytes")),
          "14 error transforms.x: is `base64`; did you mean `base64_decode`? accepted: base64_decode, timestamp_parse, "
          "json_stringify, json_parse",
          "18 error field_mappings.data..x: is `data..x`; a path is names with single dots between them",
          "19 error conflict_strategy: must be a single value, and is a list",
          "20 error batch_size: is `many`; accepted: a whole number of rows from 1 to 1000000",
          "21 error batch_timeout: is `-1`; accepted: seconds from 0 to 3600, like 0.5 (or 500ms)",
          "22 error nul: is `keep`; accepted: reject, strip, replace",
          "23 error create_table: is `perhaps`; accepted: true, false, from_schema, yes, no, on, off",
          "25 error array_mappings.words.element_mappings: is not there; it maps an element's keys to columns",
          StartsWith("27 error : the pattern is not a POSIX extended regular expression")));
}

TEST(LoaderTest, APatternThatMeansAnotherThingElsewhereIsAWarning) {
  const auto problems = [](const std::string& pattern) {
    return problems_of("schema_version: v1\ntopics:\n  " + pattern + ":\n    table: t\n");
  };
  EXPECT_THAT(problems(R"(^orders\.[0-9]+$)"), IsEmpty()) << "what is escaped as usual";
  EXPECT_THAT(problems(R"(^orders\\d$)"), IsEmpty()) << "a backslash, and a d";
  EXPECT_THAT(problems(R"(^orders\.\d+$)"),
              ElementsAre(AllOf(StartsWith("3 warning : `\\d`"), HasSubstr("character `d`"), HasSubstr("[0-9]"))));
  EXPECT_THAT(problems(R"(^[\w.]+$)"), ElementsAre(AllOf(StartsWith("3 warning : `\\w`"), HasSubstr("[A-Za-z0-9_]"))));
  EXPECT_THAT(problems(R"(^orders\(?$)"), IsEmpty()) << "a bracket, or none";
  EXPECT_THAT(problems(R"(^(a)\1$)"), ElementsAre(HasSubstr("character `1`")));
  EXPECT_THAT(problems("^(?:a|b)$"), ElementsAre(StartsWith("3 error : ")));
  EXPECT_THAT(problems("^(?i)orders$"), ElementsAre(AllOf(StartsWith("3 error : "), HasSubstr("[Oo]rders"))));
}

TEST(LoaderTest, AProblemNamesFileTopicAndKey) {
  const auto result = load_mapping_text("schema_version: v1\ntopics:\n  a.b:\n    table: [x]\n", "maps/m.yml");
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(to_string(result.problems[0]),
            "maps/m.yml:4: error: topic \"a.b\", key \"table\": must be a single value, and is a list");
}

TEST(LoaderTest, UnknownKeysAreWarningsAtEveryLevel) {
  const auto result = load_mapping_text(R"(schema_version: v1
extra: 1
defaults: {extra: 1}
topics:
  t:
    table: t
    feild_mappings: {a: b}
    array_mappings:
      words: {element_mappings: {w: w}, extra: 1}
)",
                                        "test.yml");
  EXPECT_TRUE(result.file.has_value());
  EXPECT_THAT(shown(result.problems),
              ElementsAre(StartsWith("2 warning extra: "), StartsWith("3 warning defaults.extra: "),
                          AllOf(StartsWith("7 warning feild_mappings: "), HasSubstr("did you mean `field_mappings`?")),
                          StartsWith("9 warning array_mappings.words.extra: ")));
}

TEST(LoaderTest, AnAbsentSchemaVersionMeansV1WithAWarning) {
  EXPECT_THAT(problems_of("topics:\n  t: {table: t}\n"), ElementsAre(StartsWith("0 warning schema_version: ")));
  EXPECT_THAT(problems_of("schema_version:\ntopics:\n  t: {table: t}\n"),
              ElementsAre(StartsWith("1 warning schema_version: ")));
  EXPECT_THAT(problems_of("schema_version: \"v1\"\ntopics:\n  t: {table: t}\n"), IsEmpty());
  EXPECT_THAT(problems_of("schema_version: 1\ntopics:\n  t: {table: t}\n"),
              ElementsAre("1 error schema_version: is `1`; accepted: v1"));
}

TEST(LoaderTest, AFileWithoutTopicsIsAnErrorAndOneWithEmptyTopicsAWarning) {
  EXPECT_THAT(problems_of(""), ElementsAre(StartsWith("1 error : is empty")));
  EXPECT_THAT(problems_of("# only a comment\n"), ElementsAre(StartsWith("1 error : is empty")));
  EXPECT_THAT(problems_of("schema_version: v1\n"), ElementsAre(StartsWith("0 error topics: is not there")));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n"), ElementsAre(StartsWith("2 warning topics: ")));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics: {}\n"), ElementsAre(StartsWith("2 warning topics: ")));
  EXPECT_THAT(problems_of("- a\n- b\n"), ElementsAre(StartsWith("1 error : must be a map")));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics: [a]\n"),
              ElementsAre("2 error topics: must be a map (`name: value` lines), and is a list"));
}

TEST(LoaderTest, AYamlSyntaxErrorHasItsLine) {
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t:\n    table: \"open\n    description: x\n"),
              ElementsAre(HasSubstr("error : is not YAML: illegal EOF in scalar")));
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t: {table: t\n  u: ]\n"),
              ElementsAre(StartsWith("4 error : is not YAML: ")));
  EXPECT_THAT(problems_of("topics:\n  t: *nowhere\n"), ElementsAre(StartsWith("2 error : is not YAML: ")));
}

TEST(LoaderTest, AFileThatCannotBeReadIsAProblemAndNotAnException) {
  const auto missing = load_mapping_file("/nonexistent/topic_mappings.yml");
  EXPECT_FALSE(missing.file.has_value());
  ASSERT_EQ(missing.problems.size(), 1U);
  EXPECT_EQ(to_string(missing.problems[0]),
            "/nonexistent/topic_mappings.yml: error: cannot be read: No such file or directory");
  const auto folder = load_mapping_file("/tmp");
  EXPECT_FALSE(folder.file.has_value());
  EXPECT_THAT(to_string(folder.problems.at(0)), HasSubstr("/tmp: error: "));
}

TEST(LoaderTest, ATopicThatKafkaCannotHaveIsWarnedOf) {
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  my topic: {table: t}\n"),
              ElementsAre(StartsWith("3 warning : Kafka has no topic of this name")));
}

}  // namespace
}  // namespace loom::mapping::testing
