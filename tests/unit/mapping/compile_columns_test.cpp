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

std::vector<std::string> sources_of(const TopicPlan& plan, const std::string& name) {
  return sources(plan, column(plan.tables[0], name).sources);
}

/// The slot at a dotted path of the tree, or -1.
int slot_at(const PathTree& tree, std::initializer_list<const char*> path) {
  std::size_t node = 0;
  for (const char* name : path) {
    bool found = false;
    for (const auto& child : tree.nodes[node].children) {
      if (child.key != name) continue;
      node = child.node;
      found = true;
      break;
    }
    if (!found) return -1;
  }
  return tree.nodes[node].slot;
}

TEST(CompileColumnsTest, PathsBecomeATreeThatSharesItsStems) {
  const auto catalog = FakeCatalog().table("t", {"a text", "b text", "c text"});
  const auto plan = compiled(topic_yaml("field_mappings:\n  a: a\n  data.b: b\n  data.deep.c: c"), catalog);
  EXPECT_EQ(plan.message.slots, 3);
  EXPECT_EQ(plan.message.nodes.size(), 6U);  // the root, a, data, b, deep, c
  EXPECT_EQ(slot_at(plan.message, {"a"}), 0);
  EXPECT_EQ(slot_at(plan.message, {"data", "b"}), 1);
  EXPECT_EQ(slot_at(plan.message, {"data", "deep", "c"}), 2);
  EXPECT_EQ(slot_at(plan.message, {"data"}), -1);
  EXPECT_THAT(plan.message.slot_paths, ElementsAre("a", "data.b", "data.deep.c"));
}

TEST(CompileColumnsTest, SeveralSourcesOfAColumnKeepTheOrderOfTheFile) {
  const auto catalog = FakeCatalog().table("t", {"ssid text", "n int4"});
  const auto plan =
      compiled(topic_yaml("field_mappings:\n  data.ssid: ssid\n  n: n\n  ssid: ssid\n  meta.ssid: ssid"), catalog);
  ASSERT_EQ(plan.tables[0].columns.size(), 2U);
  EXPECT_THAT(sources_of(plan, "ssid"), ElementsAre("data.ssid", "ssid", "meta.ssid"));
}

TEST(CompileColumnsTest, APathInsideAnEarlierSourceIsTriedBeforeIt) {
  const auto catalog = FakeCatalog().table("t", {"audio text"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  chunk: audio\n"
                                        "  data: audio\n"
                                        "  other: audio\n"
                                        "  data.audio: audio\n"
                                        "  database: audio\n"
                                        "  data.chunk: audio\n"
                                        "  data.audio.raw: audio"),
                             catalog);
  EXPECT_THAT(sources_of(plan, "audio"),
              ElementsAre("chunk", "data.audio.raw", "data.audio", "data.chunk", "data", "other", "database"));
  EXPECT_GE(slot_at(plan.message, {"data"}), 0);
  EXPECT_GE(slot_at(plan.message, {"data", "audio"}), 0);
}

TEST(CompileColumnsTest, OneSourceOfTwoColumnsIsOneSlot) {
  const auto catalog = FakeCatalog().table("t", {"at timestamptz", "day date"});
  const auto plan = compiled(topic_yaml("field_mappings:\n  at: [at, day]"), catalog);
  EXPECT_EQ(plan.message.slots, 1);
  EXPECT_EQ(column(plan.tables[0], "at").sources[0].slot, column(plan.tables[0], "day").sources[0].slot);
}

TEST(CompileColumnsTest, MetadataSourcesNeedNoSlot) {
  const auto catalog =
      FakeCatalog().table("t", {"k text", "t text", "p int4", "o int8", "ts timestamptz", "h text", "v jsonb"});
  const auto plan = compiled(topic_yaml("field_mappings:\n  $key: k\n  $topic: t\n  $partition: p\n  $offset: o\n"
                                        "  $timestamp: ts\n  $headers.trace.id: h\n  $value: v"),
                             catalog);
  EXPECT_EQ(plan.message.slots, 0);
  EXPECT_THAT(sources_of(plan, "k"), ElementsAre("$key"));
  EXPECT_THAT(sources_of(plan, "t"), ElementsAre("$topic"));
  EXPECT_THAT(sources_of(plan, "p"), ElementsAre("$partition"));
  EXPECT_THAT(sources_of(plan, "o"), ElementsAre("$offset"));
  EXPECT_THAT(sources_of(plan, "ts"), ElementsAre("$timestamp"));
  EXPECT_THAT(sources_of(plan, "h"), ElementsAre("$headers.trace.id"));
  EXPECT_THAT(sources_of(plan, "v"), ElementsAre("$value"));
}

TEST(CompileColumnsTest, AColumnWithoutDataTypeTakesTheTypeOfTheTables) {
  const std::vector<std::pair<const char*, ValueType>> expected = {{"c text", ValueType::string},
                                                                   {"c boolean", ValueType::boolean},
                                                                   {"c int2", ValueType::integer},
                                                                   {"c int4", ValueType::integer},
                                                                   {"c int8", ValueType::integer},
                                                                   {"c float4", ValueType::floating},
                                                                   {"c float8", ValueType::floating},
                                                                   {"c numeric", ValueType::floating},
                                                                   {"c timestamptz", ValueType::timestamp},
                                                                   {"c timestamp", ValueType::timestamp},
                                                                   {"c date", ValueType::timestamp},
                                                                   {"c time", ValueType::string},
                                                                   {"c uuid", ValueType::string},
                                                                   {"c bytea", ValueType::bytes},
                                                                   {"c json", ValueType::json},
                                                                   {"c jsonb", ValueType::json},
                                                                   {"c inet", ValueType::string},
                                                                   {"c mood", ValueType::string},
                                                                   {"c text[]", ValueType::array},
                                                                   {"c int4[]", ValueType::array},
                                                                   {"c float4[]", ValueType::array},
                                                                   {"c float8[]", ValueType::array},
                                                                   {"c vector(384)", ValueType::float_array},
                                                                   {"c public.halfvec(3)", ValueType::float_array},
                                                                   {"c geometry", ValueType::string}};
  for (const auto& [description, type] : expected) {
    const auto catalog = FakeCatalog().table("t", {description});
    const auto plan = compiled(topic_yaml("field_mappings: {c: c}"), catalog);
    EXPECT_EQ(column(plan.tables[0], "c").value_type, type) << description;
  }
}

TEST(CompileColumnsTest, DataTypesAndTransformsDecideTheValueType) {
  const auto catalog = FakeCatalog().table("t", {"a text", "b bytea", "c text", "d text", "e timestamptz"});
  const auto plan = compiled(topic_yaml("field_mappings: {a: a, b: b, c: c, d: d, e: e}\n"
                                        "data_types: {a: integer, c: string}\n"
                                        "transforms: {b: base64_decode, c: base64_decode, d: json_stringify, "
                                        "e: timestamp_parse}"),
                             catalog);
  const auto& table = plan.tables[0];
  EXPECT_EQ(column(table, "a").value_type, ValueType::integer);
  EXPECT_EQ(column(table, "b").value_type, ValueType::bytes);
  EXPECT_EQ(column(table, "b").transform, Transform::base64_decode);
  EXPECT_EQ(column(table, "c").value_type, ValueType::bytes);
  EXPECT_EQ(column(table, "d").value_type, ValueType::json);
  EXPECT_EQ(column(table, "e").value_type, ValueType::timestamp);
}

TEST(CompileColumnsTest, ATypeThatTheColumnCannotHoldIsAnErrorThatNamesBoth) {
  const auto catalog = FakeCatalog().table("t", {"a boolean", "b int4[]", "c jsonb"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {a: a, b: b, c: c}\n"
                                          "data_types: {a: timestamp, b: integer}\n"
                                          "transforms: {c: base64_decode}"),
                               catalog),
              ElementsAre("6 error data_types.a: `timestamp` cannot be stored in column `a` of `t`, which is boolean",
                          "6 error data_types.b: `integer` cannot be stored in column `b` of `t`, which is int4[]",
                          "7 error transforms.c: `base64_decode` cannot be stored in column `c` of `t`, which is "
                          "jsonb"));
}

TEST(CompileColumnsTest, AColumnThatTheTableLacksIsAnErrorThatNamesItsColumns) {
  const auto catalog = FakeCatalog().table("t", {"id text", "x int4"});
  EXPECT_THAT(
      compile_problems(topic_yaml("field_mappings:\n  id: id\n  data.x: y\n  z: z"), catalog),
      ElementsAre(
          "7 error field_mappings.data.x: `t` has no column `y`; its columns: id, x. `create-tables --alter` adds "
          "columns",
          "8 error field_mappings.z: `t` has no column `z`; its columns: id, x. `create-tables --alter` adds columns"));
}

TEST(CompileColumnsTest, AGeneratedColumnCannotBeMapped) {
  const auto catalog = FakeCatalog().table("t", {"id text", "twice int4 generated"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings:\n  twice: twice"), catalog),
              ElementsAre(StartsWith("6 error field_mappings.twice: column `twice` of `t` is GENERATED ALWAYS")));
}

TEST(CompileColumnsTest, AMissingTableIsAnErrorAtItsLine) {
  const FakeCatalog catalog;
  EXPECT_THAT(
      compile_problems(topic_yaml("array_mappings:\n  w:\n    table: child\n    element_mappings: {a: a}"), catalog),
      ElementsAre("4 error table: there is no table `t`", "6 error array_mappings.w.table: there is no table `child`"));
}

TEST(CompileColumnsTest, AnUnmappedNotNullColumnWithoutDefaultIsAWarning) {
  const auto catalog =
      FakeCatalog().table("t", {"id text", "must int4 !", "serial int8 ! =now()", "zero int4 ! =", "too text !"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {id: id}"), catalog),
              ElementsAre(AllOf(StartsWith("4 warning table: "), HasSubstr("must, too"))));
}

TEST(CompileColumnsTest, TypesAndTransformsOfUnmappedColumnsAreOnlyWarnings) {
  const auto catalog = FakeCatalog().table("t", {"id text"});
  EXPECT_THAT(compile_problems(topic_yaml("field_mappings: {id: id}\ndata_types: {x: integer}\n"
                                          "transforms: {y: base64_decode}"),
                               catalog),
              ElementsAre(StartsWith("6 warning data_types.x: "), StartsWith("7 warning transforms.y: ")));
}

TEST(CompileColumnsTest, DefaultsTravelWithTheirColumnAndAloneMakeAConstantOne) {
  const auto catalog = FakeCatalog().table("t", {"up boolean", "origin text"});
  const auto plan = compiled(topic_yaml("field_mappings: {up: up}\ndefaults: {up: false, origin: phone}"), catalog);
  EXPECT_EQ(column(plan.tables[0], "up").default_json, "false");
  EXPECT_EQ(column(plan.tables[0], "origin").default_json, "\"phone\"");
  EXPECT_THAT(column(plan.tables[0], "origin").sources, IsEmpty());
}

TEST(CompileColumnsTest, TheMinimalMappingTakesEveryColumnFromTheRootAndThenFromData) {
  const auto catalog =
      FakeCatalog().table("t", {"trace_id text", "x int4", "data jsonb", "twice int4 generated", "n int8 ! =now()"});
  const auto plan = compiled(topic_yaml("description: minimal"), catalog);
  const auto& table = plan.tables[0];
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_THAT(sources_of(plan, "trace_id"), ElementsAre("trace_id", "data.trace_id"));
  EXPECT_THAT(sources_of(plan, "x"), ElementsAre("x", "data.x"));
  EXPECT_THAT(sources_of(plan, "data"), ElementsAre("data"));
  EXPECT_EQ(column(table, "x").value_type, ValueType::integer);
  EXPECT_FALSE(has_column(table, "twice"));
}

TEST(CompileColumnsTest, CreatedAtTakesTheTimeOfIngestionOnlyWhereNothingElseSetsIt) {
  const std::string unmapped = topic_yaml("field_mappings: {id: id}");
  const std::string mapped = topic_yaml("field_mappings: {id: id, at: created_at}");

  const auto plain = FakeCatalog().table("t", {"id text", "created_at timestamptz !"});
  const auto plan = compiled(unmapped, plain);
  const PlanColumn created_at = column(plan.tables[0], "created_at");
  EXPECT_TRUE(created_at.ingestion_time);
  EXPECT_THAT(created_at.sources, IsEmpty());
  EXPECT_EQ(created_at.value_type, ValueType::timestamp);
  EXPECT_THAT(compile_problems(unmapped, plain), IsEmpty()) << "it is NOT NULL, and is written";
  EXPECT_FALSE(column(compiled(mapped, plain).tables[0], "created_at").ingestion_time);

  const auto defaulted = FakeCatalog().table("t", {"id text", "created_at timestamptz =now()"});
  EXPECT_FALSE(has_column(compiled(unmapped, defaulted).tables[0], "created_at"));

  const auto minimal = compiled(topic_yaml(""), plain);
  EXPECT_TRUE(column(minimal.tables[0], "created_at").ingestion_time);
  EXPECT_THAT(sources_of(minimal, "created_at"), ElementsAre("created_at", "data.created_at"));

  const auto text = FakeCatalog().table("t", {"id text", "created_at boolean"});
  EXPECT_FALSE(has_column(compiled(unmapped, text).tables[0], "created_at"));
}

TEST(CompileColumnsTest, ARequiredFieldIsAPathAColumnOrBoth) {
  const auto catalog = FakeCatalog().table("t", {"id text", "name text", "time timestamptz"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  id: id\n"
                                        "  data.name: name\n"
                                        "  nick: name\n"
                                        "  timestamp: time\n"
                                        "  data.time: time\n"
                                        "  name: time\n"
                                        "required_fields: [id, name, timestamp, data.unmapped, $key]"),
                             catalog);
  ASSERT_EQ(plan.required.size(), 5U);
  EXPECT_EQ(plan.required[0].name, "id");
  EXPECT_THAT(sources(plan, plan.required[0].sources), ElementsAre("id"));
  EXPECT_THAT(sources(plan, plan.required[1].sources), ElementsAre("data.name", "nick", "name"))
      << "the column's sources, and the path of that name, which feeds another column";
  EXPECT_THAT(sources(plan, plan.required[2].sources), ElementsAre("timestamp"));
  EXPECT_THAT(sources(plan, plan.required[3].sources), ElementsAre("data.unmapped"));
  EXPECT_THAT(sources(plan, plan.required[4].sources), ElementsAre("$key"));
  EXPECT_EQ(plan.message.slots, 7);
}

TEST(CompileColumnsTest, AColumnWithoutBinaryEncoderSendsTheTableThroughTextCopy) {
  const auto catalog = FakeCatalog().table("t", {"id text", "embedding vector(3)"});
  EXPECT_FALSE(compiled(topic_yaml("field_mappings: {id: id, e: embedding}"), catalog).tables[0].binary);
  EXPECT_TRUE(compiled(topic_yaml("field_mappings: {id: id}"), catalog).tables[0].binary);
}

TEST(CompileColumnsTest, TopicSettingsTravelIntoThePlan) {
  const auto catalog = FakeCatalog().table("t", {"id text"});
  const auto plan =
      compiled(topic_yaml("batch_size: 7\nbatch_timeout: 0.1\nnul: replace\nconflict_strategy: update"), catalog);
  EXPECT_EQ(plan.mapping, "t");
  EXPECT_EQ(plan.batch_size, 7);
  EXPECT_EQ(plan.batch_timeout, std::chrono::milliseconds(100));
  EXPECT_EQ(plan.nul, NulPolicy::replace);
  EXPECT_EQ(plan.tables[0].conflict_strategy, ConflictStrategy::update);
}

TEST(CompileColumnsTest, MorePathsThanAPlanCanNumberAreRefused) {
  const auto catalog = FakeCatalog().table("t", {"c text"});
  TopicMapping topic;
  topic.topic = "t";
  topic.table.name = "t";
  for (int i = 0; i < 20'000; ++i) topic.field_mappings.push_back({"a.b" + std::to_string(i), "c", 1});
  const auto result = compile(topic, catalog, "test.yml");
  EXPECT_FALSE(result.plan.has_value());
  EXPECT_THAT(shown(result.problems), ElementsAre(HasSubstr("names more paths than one plan can hold")));
}

}  // namespace
}  // namespace loom::mapping::testing
