// TimescaleDB: tables that create_tables() divides as their mapping has it, and those that it leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "extended_test.h"
#include "mapping/loader.h"
#include "schema/storage_upkeep.h"
#include "schema/table_creator.h"

namespace loom::testing {
namespace {

using schema::Alter;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CreateHypertablesTest : public ::testing::Test {
 protected:
  CreateHypertablesTest() { make_extensions(database, {"timescaledb"}); }

  static mapping::MappingFile mapping_of(const std::string& storage) {
    const auto loaded = mapping::load_mapping_text(
        "schema_version: v1\ntopics:\n  t:\n    table: events\n    field_mappings: {id: id, ts: ts, v: v}\n"
        "    data_types: {id: string, ts: timestamp, v: integer}\n    upsert_key: [id, ts]\n    " +
            storage + "\n",
        "test.yml");
    return loaded.file.value();
  }
  [[nodiscard]] schema::CreatedTables create(const std::string& storage, Alter alter = Alter::name_columns) const {
    std::vector<mapping::Problem> problems;
    return schema::create_tables(database.url(), mapping::table_definitions(mapping_of(storage), problems), alter);
  }
  static std::vector<mapping::TimeTable> tables_of(const std::string& storage) {
    const auto file = mapping_of(storage);
    return {{file.topics[0].table, file.topics[0].storage}};
  }
  [[nodiscard]] std::vector<std::string> differences(const std::string& storage) const {
    std::vector<std::string> texts;
    for (const auto& one : schema::compare_storage(database.url(), tables_of(storage)).differences) {
      texts.push_back(one.text);
    }
    return texts;
  }
  [[nodiscard]] std::string chunk_interval() const {
    return database.value(
        "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'events' "
        "AND dimension_type = 'Time'");
  }
  [[nodiscard]] bool has_policies() const {
    return database.value("SELECT current_setting('timescaledb.license')") == "timescale";
  }

  TestDatabase database;
};

TEST_F(CreateHypertablesTest, AsTheMappingHasItAndTwiceIsOnce) {
  const std::string storage = "hypertable: {time: ts, chunk: 1 day}";
  const auto made = create(storage);
  EXPECT_THAT(made.created, ElementsAre("events"));
  EXPECT_THAT(made.storage.done, ElementsAre("events: a hypertable, by `ts` in chunks of 1 day"));
  EXPECT_EQ(chunk_interval(), "1 day");
  EXPECT_THAT(differences(storage), IsEmpty());
  const auto again = create(storage);
  EXPECT_THAT(again.existing, ElementsAre("events"));
  EXPECT_THAT(again.storage.done, IsEmpty());
  EXPECT_THAT(again.storage.warnings, IsEmpty());
}

TEST_F(CreateHypertablesTest, WithoutAnIntervalItIsTimescaleDbsOwn) {
  EXPECT_THAT(create("hypertable: {time: ts}").storage.done,
              ElementsAre("events: a hypertable, by `ts` in chunks of 7 days"));
  EXPECT_THAT(differences("hypertable: {time: ts}"), IsEmpty());
}

TEST_F(CreateHypertablesTest, BySpaceToo) {
  const std::string storage = "hypertable: {time: ts, chunk: 1 month, space: id, partitions: 4}";
  EXPECT_THAT(create(storage).storage.warnings, IsEmpty());
  EXPECT_THAT(differences(storage), IsEmpty());
  EXPECT_THAT(differences("hypertable: {time: ts, chunk: 1 month}"),
              ElementsAre("is divided by `id` in 4, and the mapping says by no column beside the time"));
}

TEST_F(CreateHypertablesTest, AnotherIntervalIsSetForTheChunksToCome) {
  (void)create("hypertable: {time: ts, chunk: 1 day}");
  EXPECT_THAT(differences("hypertable: {time: ts, chunk: 6 hours}"),
              ElementsAre("has chunks of 1 day, and the mapping says 6 hours; create-tables sets it"));
  EXPECT_THAT(create("hypertable: {time: ts, chunk: 6 hours}").storage.done,
              ElementsAre("events: chunks of 6 hours from now on, and no longer of 1 day"));
  EXPECT_EQ(chunk_interval(), "06:00:00");
}

TEST_F(CreateHypertablesTest, AnEmptyTableThatIsThereBecomesOne) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint, UNIQUE (id, ts))");
  EXPECT_THAT(differences("hypertable: {time: ts}"),
              ElementsAre("is a plain table, and no hypertable: create-tables makes it one, since it has no rows"));
  EXPECT_THAT(create("hypertable: {time: ts}").storage.done, ElementsAre(HasSubstr("a hypertable")));
}

TEST_F(CreateHypertablesTest, TheServiceLeavesTablesThatAreThereAlone) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint, UNIQUE (id, ts))");
  EXPECT_THAT(create("hypertable: {time: ts}", Alter::nothing).storage.done, IsEmpty());
  EXPECT_EQ(chunk_interval(), "");
}

TEST_F(CreateHypertablesTest, ATableWithRowsIsLeftAloneAndSaysHowTheyMove) {
  database.run(
      "CREATE TABLE events (id text, ts timestamptz NOT NULL, v bigint, UNIQUE (id, ts)); INSERT INTO events "
      "VALUES ('a', now(), 1)");
  const auto made = create("hypertable: {time: ts, chunk: 1 day}");
  ASSERT_EQ(made.storage.warnings.size(), 1U);
  const std::string& warning = made.storage.warnings[0];
  EXPECT_THAT(warning, HasSubstr("events does not become a hypertable: it has rows already"));
  // What it says has to work as it stands.
  const auto from = warning.find("SELECT ");
  database.run(warning.substr(from, warning.find(" moves them") - from));
  EXPECT_THAT(differences("hypertable: {time: ts, chunk: 1 day}"), IsEmpty());
  EXPECT_EQ(database.value("SELECT count(*) FROM events"), "1");
}

TEST_F(CreateHypertablesTest, AKeyWithoutTheTimeIsNamed) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint, UNIQUE (id, ts), CONSTRAINT by_v UNIQUE (v))");
  EXPECT_THAT(create("hypertable: {time: ts}").storage.warnings,
              ElementsAre(HasSubstr("its unique index by_v lacks the column `ts`")));
}

TEST_F(CreateHypertablesTest, AKeyWithoutTheSecondColumnIsNamedToo) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint, CONSTRAINT by_time UNIQUE (ts))");
  EXPECT_THAT(create("hypertable: {time: ts, space: id, partitions: 2}").storage.warnings,
              ElementsAre(HasSubstr("its unique index by_time lacks the column `id`")));
}

TEST_F(CreateHypertablesTest, TheAdviceForATableWithRowsHasTheSecondColumn) {
  database.run(
      "CREATE TABLE events (id text NOT NULL, ts timestamptz NOT NULL, v bigint, UNIQUE (id, ts)); INSERT INTO "
      "events VALUES ('a', now(), 1)");
  const std::string storage = "hypertable: {time: ts, chunk: 1 day, space: id, partitions: 2}";
  const auto made = create(storage);
  ASSERT_EQ(made.storage.warnings.size(), 1U);
  const std::string& warning = made.storage.warnings[0];
  const auto from = warning.find("SELECT ");
  database.run(warning.substr(from, warning.find(" moves them") - from));
  EXPECT_THAT(differences(storage), IsEmpty());
}

TEST_F(CreateHypertablesTest, WhatAnOldTableCannotBeKeepsNoOtherFromBeingMade) {
  const auto loaded = mapping::load_mapping_text(
      "schema_version: v1\ntopics:\n  t:\n    table: events\n    field_mappings: {id: id, ts: ts}\n"
      "    data_types: {ts: timestamp}\n    upsert_key: [id, ts]\n    hypertable: {time: ts}\n"
      "  u:\n    table: others\n    field_mappings: {id: id}\n    upsert_key: [id]\n",
      "test.yml");
  std::vector<mapping::Problem> problems;
  const auto tables = mapping::table_definitions(loaded.file.value(), problems);
  for (const char* events : {"(id text, ts text)", "(id text)"}) {
    database.run("DROP TABLE IF EXISTS events, others");
    database.run(std::string("CREATE TABLE events ") + events);
    const auto made = schema::create_tables(database.url(), tables, Alter::name_columns);
    EXPECT_THAT(made.created, ElementsAre("others")) << events;
    EXPECT_EQ(made.storage.warnings.size(), 1U) << events;
    EXPECT_THAT(made.storage.done, IsEmpty()) << events;
  }
}

TEST_F(CreateHypertablesTest, APartitionedTableStaysOne) {
  (void)create("partition: {time: ts}");
  EXPECT_THAT(create("hypertable: {time: ts}").storage.warnings, ElementsAre(HasSubstr("it is no plain table")));
  EXPECT_THAT(differences("hypertable: {time: ts}"), ElementsAre(HasSubstr("it is no plain table")));
}

TEST_F(CreateHypertablesTest, OfBothKeysTheHypertableHolds) {
  (void)create("hypertable: {time: ts, chunk: 1 day}\n    partition: day");
  EXPECT_EQ(chunk_interval(), "1 day");
  EXPECT_EQ(database.value("SELECT relkind FROM pg_class WHERE oid = 'events'::regclass"), "r");
}

TEST_F(CreateHypertablesTest, OldChunksGoWithOrWithoutAPolicy) {
  const std::string storage = "hypertable: {time: ts, chunk: 1 day, retain: 10 days}";
  (void)create(storage);
  database.run("INSERT INTO events SELECT 'a', now() - n * interval '1 day', n FROM generate_series(0, 30) n");
  const auto notes = schema::keep_up(database.url(), tables_of(storage));
  EXPECT_THAT(notes.warnings, IsEmpty());
  if (has_policies()) {
    EXPECT_THAT(notes.done, IsEmpty()) << "the database has a policy";
    EXPECT_EQ(database.value("SELECT config ->> 'drop_after' FROM timescaledb_information.jobs WHERE proc_name = "
                             "'policy_retention' AND hypertable_name = 'events'"),
              "10 days");
    return;
  }
  EXPECT_THAT(notes.done, ElementsAre(HasSubstr("older than 10 days")));
  const auto left = std::stoll(database.value("SELECT count(*) FROM events"));
  EXPECT_GE(left, 11);
  EXPECT_LE(left, 12) << "a chunk goes when all of it is too old";
  EXPECT_THAT(schema::keep_up(database.url(), tables_of(storage)).done, IsEmpty());
}

TEST_F(CreateHypertablesTest, AnEditionWithoutCompressionIsToldApart) {
  const std::string storage = "hypertable: {time: ts, compress_after: 7 days, segment_by: id, order_by: ts DESC}";
  const auto made = create(storage);
  if (has_policies()) {
    EXPECT_THAT(made.storage.warnings, IsEmpty());
    EXPECT_THAT(differences(storage), IsEmpty());
    EXPECT_THAT(create(storage).storage.done, IsEmpty());
    return;
  }
  EXPECT_THAT(made.storage.warnings, ElementsAre(HasSubstr("this TimescaleDB is of the Apache 2 edition")));
  EXPECT_THAT(differences(storage), IsEmpty());
  EXPECT_THAT(schema::compare_storage(database.url(), tables_of(storage)).lacks,
              ElementsAre(HasSubstr("Left as they are: events")));
}

TEST_F(CreateHypertablesTest, WhatFailsInTheMiddleLeavesNothing) {
  // The second topic's table cannot be: a type has its name.
  database.run("CREATE TYPE others AS ENUM ('in the way')");
  const auto loaded = mapping::load_mapping_text(
      "schema_version: v1\ntopics:\n  t:\n    table: events\n    field_mappings: {id: id, ts: ts}\n"
      "    data_types: {ts: timestamp}\n    upsert_key: [id, ts]\n    hypertable: {time: ts}\n"
      "  u:\n    table: others\n    field_mappings: {id: id}\n    upsert_key: [id]\n",
      "test.yml");
  std::vector<mapping::Problem> problems;
  EXPECT_THROW((void)schema::create_tables(database.url(), mapping::table_definitions(loaded.file.value(), problems)),
               schema::TableError);
  EXPECT_EQ(database.value("SELECT to_regclass('events') IS NULL"), "t");
  EXPECT_EQ(database.value("SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'events'"),
            "0");
}

TEST_F(CreateHypertablesTest, WhatIsPrintedRunsAsItStands) {
  std::vector<mapping::Problem> problems;
  database.run(
      schema::render(mapping::table_definitions(mapping_of("hypertable: {time: ts, chunk: 1 day}"), problems)));
  EXPECT_THAT(differences("hypertable: {time: ts, chunk: 1 day}"), IsEmpty());
}

}  // namespace
}  // namespace loom::testing
