// Which keys of a change topic go together, and what is said where they do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/change_paths.h"
#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ChangePathsTest, SourcesAreRelativeToTheRowAfterTheChange) {
  EXPECT_EQ(in_event("id"), "after.id");
  EXPECT_EQ(in_event("a.b[0]"), "after.a.b[0]");
  EXPECT_EQ(in_event("[0]"), "after[0]");
  EXPECT_EQ(in_event("$before.a.b"), "before.a.b");
  EXPECT_EQ(in_event("$source.lsn"), "source.lsn");
  EXPECT_EQ(in_event("$op"), "op");
  EXPECT_EQ(in_event("$ts"), "ts_ms");
  for (const char* of_record : {"$key", "$key.id", "$topic", "$offset", "$headers.x", "$value"}) {
    EXPECT_EQ(in_event(of_record), of_record);
  }
  EXPECT_EQ(in_event("\"$op\""), "after.\"$op\"");
}

TEST(ChangeMappingTest, AChangeTopicUpdatesAndItsTombstonesDelete) {
  const auto topic = topic_of(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, $op: op}"));
  EXPECT_EQ(topic.conflict_strategy, ConflictStrategy::update);
  EXPECT_EQ(topic.tombstones, Tombstones::remove);
  EXPECT_EQ(topic.field_mappings[0].source, "after.id");
  EXPECT_THAT(problems_of(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, $op: op}")),
              IsEmpty());
}

TEST(ChangeMappingTest, KeysAreReadInTheRegistrysFormatToo) {
  const auto keys = [](const std::string& lines) {
    return topic_of(topic_yaml("upsert_key: id\nfield_mappings: {id: id}\n" + lines)).key_format.format;
  };
  EXPECT_EQ(keys("changes: debezium\nformat: avro"), formats::Format::automatic);
  EXPECT_EQ(keys("changes: debezium\nformat: avro\nkey_format: text"), formats::Format::text);
  EXPECT_EQ(keys("changes: debezium\nformat: avro\nkey_format: json"), formats::Format::json);
  EXPECT_EQ(keys("changes: debezium"), formats::Format::json);
  EXPECT_EQ(keys("format: avro"), formats::Format::json);
}

TEST(ChangeMappingTest, WhatDoesNotGoTogetherIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"changes: debezium", "error changes: needs `upsert_key`"},
      {"changes: maxwell", "error changes: is `maxwell`; accepted: debezium"},
      {"changes: debezium\nupsert_key: id\nconflict_strategy: replace", "changes only go with `update`"},
      {"changes: debezium\nupsert_key: id\nconflict_strategy: ignore", "changes only go with `update`"},
      {"changes: debezium\nupsert_key: id\nformat: text", "needs messages with fields"},
      {"tombstones: delete", "error tombstones: needs `upsert_key`"},
      {"tombstones: drop", "accepted: dead_letter, ignore, delete"},
      {"tombstones: delete\nupsert_key: id", "warning tombstones: goes with `conflict_strategy: update` or `replace`"},
      {"deletes: mark\nupsert_key: id", "error deletes: is for messages that delete"},
      {"changes: debezium\nupsert_key: id\ndeletes: mark", "needs `deleted_at`"},
      {"changes: debezium\nupsert_key: id\ndeleted_at: gone", "goes with `deletes: mark`"},
      {"changes: debezium\nupsert_key: id\ndeletes: mark\ndeleted_at: id", "is a column of the upsert_key"},
      {"version_column: v\nupsert_key: id", "needs `conflict_strategy: update` or `replace`"},
      {"version_column: id\nupsert_key: id\nconflict_strategy: update", "is the same in each version"},
      {"changes: debezium\nupsert_key: id\nfield_mappings: {id: id}\narray_mappings: {$value: {table: c, "
       "element_mappings: "
       "{a: a}}}",
       "a change event is none"},
      {"changes: debezium\nupsert_key: id\nfield_mappings: {id: id}\narray_mappings: {list: {element_mappings: {a: "
       "a}}}",
       "give the elements a `table` of their own"},
  };
  for (const auto& [lines, wanted] : cases) {
    EXPECT_THAT(problems_of(topic_yaml(lines)), Contains(HasSubstr(wanted))) << lines;
  }
}

TEST(ChangeMappingTest, WhatTheTableCannotDoIsSaid) {
  const auto catalog = FakeCatalog().table("t", {"id int8 !", "v text", "gone timestamptz !", "lsn text"}, {{"id"}});
  const std::string fields = "upsert_key: id\nconflict_strategy: update\nfield_mappings: {id: id, v: v, lsn: lsn}\n";
  EXPECT_THAT(compile_problems(topic_yaml(fields + "changes: debezium\ndeletes: mark\ndeleted_at: none"), catalog),
              Contains(HasSubstr("has no column `none`")));
  EXPECT_THAT(compile_problems(topic_yaml(fields + "changes: debezium\ndeletes: mark\ndeleted_at: gone"), catalog),
              Contains(HasSubstr("NOT NULL; it takes a timestamp that may be null")));
  EXPECT_THAT(compile_problems(topic_yaml(fields + "version_column: lsn"), catalog),
              Contains(HasSubstr("versions are whole numbers, dates or timestamps")));
  EXPECT_THAT(compile_problems(topic_yaml(fields + "version_column: other"), catalog),
              Contains(HasSubstr("which nothing feeds")));
  EXPECT_THAT(
      compile_problems(topic_yaml("upsert_key: v\nconflict_strategy: update\nfield_mappings: {$topic: v, id: id}\n"
                                  "tombstones: delete"),
                       FakeCatalog().table("t", {"id int8 !", "v text"}, {{"v"}})),
      IsEmpty())
      << "the topic is known without a value";
}

}  // namespace
}  // namespace loom::mapping::testing
