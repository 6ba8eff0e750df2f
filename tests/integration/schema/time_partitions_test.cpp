// Tables that PostgreSQL divides by time: made by create_tables(), looked after by keep_up().
#include "schema/time_partitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <pqxx/pqxx>

#include "mapping/loader.h"
#include "schema/storage_upkeep.h"
#include "schema/table_creator.h"
#include "support/postgres_server.h"

namespace loom::schema {
namespace {

using loom::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TimePartitionsTest : public ::testing::Test {
 protected:
  static mapping::MappingFile mapping_of(const std::string& storage, const std::string& table = "events") {
    const auto loaded = mapping::load_mapping_text(
        "schema_version: v1\ntopics:\n  t:\n    table: " + table +
            "\n    field_mappings: {id: id, ts: ts, v: v}\n    data_types: {id: string, ts: timestamp, v: integer}\n"
            "    upsert_key: [id, ts]\n    " +
            storage + "\n",
        "test.yml");
    return loaded.file.value();
  }
  [[nodiscard]] CreatedTables create(const std::string& storage, Alter alter = Alter::name_columns) const {
    std::vector<mapping::Problem> problems;
    return create_tables(database.url(), mapping::table_definitions(mapping_of(storage), problems), alter);
  }
  [[nodiscard]] StorageNotes upkeep(const std::string& storage) const {
    const auto file = mapping_of(storage);
    return keep_up(database.url(), {{file.topics[0].table, file.topics[0].storage}});
  }
  /// How many partitions of the table hold a row of this id, the DEFAULT one's as `default`.
  [[nodiscard]] std::string home_of(const std::string& id) const {
    return database.value(
        "SELECT string_agg(CASE WHEN tableoid = 'events_default'::regclass THEN 'default' ELSE "
        "tableoid::regclass::text END, ' ') FROM events WHERE id = '" +
        id + "'");
  }
  [[nodiscard]] std::string partitions() const {
    return database.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass");
  }
  void insert(const std::string& id, const std::string& when) const {
    database.run("INSERT INTO events (id, ts, v) VALUES ('" + id + "', " + when + ", 1)");
  }

  /// The text as a scalar of YAML.
  static std::string yaml(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
  }

  TestDatabase database;
};

TEST_F(TimePartitionsTest, ANewTableHasThoseOfTheDaysAroundAndADefault) {
  const CreatedTables made = create("partition: {time: ts, by: day}");
  EXPECT_THAT(made.created, ElementsAre("events"));
  EXPECT_THAT(made.storage.done, ElementsAre("events: 15 partitions, each for a day of `ts`"));
  EXPECT_EQ(partitions(), "16");
  insert("now", "now()");
  insert("yesterday", "now() - interval '1 day'");
  insert("clock at 1970", "'1970-01-01 00:00:00+00'");
  EXPECT_EQ(home_of("now"), database.value("SELECT 'events_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')"));
  EXPECT_EQ(home_of("yesterday"),
            database.value("SELECT 'events_p' || to_char(now() AT TIME ZONE 'UTC' - interval '1 day', 'YYYYMMDD')"));
  EXPECT_EQ(home_of("clock at 1970"), "default");
}

TEST_F(TimePartitionsTest, CreatingTwiceChangesNothing) {
  EXPECT_THAT(create("partition: {time: ts}").created, ElementsAre("events"));
  const CreatedTables again = create("partition: {time: ts}");
  EXPECT_THAT(again.existing, ElementsAre("events"));
  EXPECT_THAT(again.storage.done, IsEmpty());
  EXPECT_THAT(again.storage.warnings, IsEmpty());
  EXPECT_EQ(partitions(), "16");
}

TEST_F(TimePartitionsTest, LateAndEarlyRowsMoveIntoPartitionsOfTheirOwn) {
  (void)create("partition: {time: ts}");
  insert("late", "now() - interval '30 days'");
  insert("early", "now() + interval '20 days'");
  insert("wrong clock", "'1970-01-01 00:00:00+00'");
  insert("infinite", "'infinity'");
  EXPECT_EQ(home_of("late"), "default");
  EXPECT_THAT(upkeep("partition: {time: ts}").done, ElementsAre("events: made 2 partitions"));
  EXPECT_EQ(home_of("late"),
            database.value("SELECT 'events_p' || to_char(now() AT TIME ZONE 'UTC' - interval '30 days', 'YYYYMMDD')"));
  EXPECT_THAT(home_of("early"), HasSubstr("events_p"));
  EXPECT_EQ(home_of("wrong clock") + home_of("infinite"), "defaultdefault");
  EXPECT_EQ(database.value("SELECT count(*) FROM events"), "4") << "none was lost on the way";
  EXPECT_THAT(upkeep("partition: {time: ts}").done, IsEmpty());
}

TEST_F(TimePartitionsTest, RowsOfManyOldDaysDoNotKeepTodaysFromBeingMade) {
  (void)create("partition: {time: ts}");
  database.run("INSERT INTO events SELECT 'old', now() - n * interval '1 day', 1 FROM generate_series(100, 299) n");
  const std::string today = database.value("SELECT 'events_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')");
  database.run("DROP TABLE " + today);
  insert("now", "now()");
  EXPECT_EQ(home_of("now"), "default");
  EXPECT_THAT(upkeep("partition: {time: ts}").done, ElementsAre("events: made 100 partitions"));
  EXPECT_EQ(home_of("now"), today);
  EXPECT_THAT(upkeep("partition: {time: ts}").done, ElementsAre("events: made 100 partitions"));
  EXPECT_THAT(upkeep("partition: {time: ts}").done, ElementsAre("events: made 1 partition"));
  EXPECT_EQ(database.value("SELECT count(*) FROM events_default"), "0");
}

TEST_F(TimePartitionsTest, MoreRowsThanMoveWhileTheServiceWritesStayWhereTheyAre) {
  (void)create("partition: {time: ts}");
  database.run(
      "INSERT INTO events SELECT 'many', now() - interval '30 days' + n * interval '1 microsecond', 1 FROM "
      "generate_series(1, 500001) n");
  const StorageNotes notes = upkeep("partition: {time: ts}");
  EXPECT_THAT(notes.done, IsEmpty());
  EXPECT_THAT(notes.warnings, ElementsAre(HasSubstr("too many rows of the day from ")));
  EXPECT_EQ(database.value("SELECT count(*) FROM events"), "500001");
}

TEST_F(TimePartitionsTest, WhatIsTooOldGoes) {
  (void)create("partition: {time: ts, retain: 3 days}");
  insert("old", "now() - interval '6 days'");
  insert("kept", "now() - interval '2 days'");
  insert("older than any", "now() - interval '400 days'");
  const StorageNotes notes = upkeep("partition: {time: ts, retain: 3 days}");
  EXPECT_THAT(notes.warnings, IsEmpty());
  ASSERT_EQ(notes.done.size(), 1U);
  EXPECT_THAT(notes.done[0], HasSubstr("1 row of the DEFAULT one, older than 3 days"));
  EXPECT_EQ(database.value("SELECT string_agg(id, ' ') FROM events"), "kept");
  EXPECT_EQ(database.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'events_p%' AND relkind = 'r' AND "
                           "substring(relname FROM 9)::date < (now() AT TIME ZONE 'UTC')::date - 3"),
            "0");
}

TEST_F(TimePartitionsTest, MonthsWeeksAndHoursHaveTheirOwn) {
  for (const char* by : {"month", "week", "hour"}) {
    (void)create(std::string("partition: {time: ts, by: ") + by + "}");
    insert("now", "now()");
    EXPECT_THAT(home_of("now"), HasSubstr("events_p")) << by;
    database.run("DROP TABLE events");
  }
}

TEST_F(TimePartitionsTest, OddAndLongNamesAndDates) {
  const std::string sixty(60, 'x');
  for (const std::string& table : {std::string("\"a.b\""), std::string("odd.\"O'Brien\""), sixty}) {
    const auto loaded = mapping::load_mapping_text("schema_version: v1\ntopics:\n  t:\n    table: " + yaml(table) +
                                                       "\n    field_mappings: {id: id, d: \"The Day\"}\n"
                                                       "    data_types: {\"The Day\": date}\n"
                                                       "    upsert_key: [id, \"The Day\"]\n"
                                                       "    partition: {time: \"The Day\", retain: 2 days}\n",
                                                   "test.yml");
    ASSERT_TRUE(loaded.file) << table;
    std::vector<mapping::Problem> problems;
    const auto made = create_tables(database.url(), mapping::table_definitions(*loaded.file, problems));
    ASSERT_EQ(made.created.size(), 1U) << table;
    const auto& topic = loaded.file->topics[0];
    const std::string quoted = topic.table.quoted();
    database.run("INSERT INTO " + quoted +
                 " VALUES ('late', current_date - 1), ('old', current_date - 30), ('early', " +
                 "current_date + 20), ('never', 'infinity')");
    const StorageNotes notes = keep_up(database.url(), {{topic.table, topic.storage}});
    EXPECT_THAT(notes.warnings, IsEmpty()) << table;
    EXPECT_EQ(database.value("SELECT string_agg(id, ' ' ORDER BY id) FROM " + quoted), "early late never") << table;
  }
}

TEST_F(TimePartitionsTest, WithoutACatchAllThereIsNoDefault) {
  (void)create("partition: {time: ts}\n    no_partition: dead_letter");
  EXPECT_EQ(partitions(), "15");
  EXPECT_THROW(insert("1970", "'1970-01-01'"), std::runtime_error);
}

TEST_F(TimePartitionsTest, APeriodThatSomebodyElseCoversIsLeftAlone) {
  database.run(
      "CREATE TABLE events (id text NOT NULL, ts timestamptz NOT NULL, v bigint, PRIMARY KEY (id, ts)) "
      "PARTITION BY RANGE (ts); CREATE TABLE events_all PARTITION OF events FOR VALUES FROM (MINVALUE) TO "
      "(MAXVALUE)");
  const CreatedTables made = create("partition: {time: ts}");
  EXPECT_THAT(made.storage.warnings, IsEmpty());
  EXPECT_EQ(database.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"), "2")
      << "theirs, and a DEFAULT one";
}

TEST_F(TimePartitionsTest, ATableInOnePieceIsSaidToBeOne) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint, UNIQUE (id, ts))");
  EXPECT_THAT(create("partition: {time: ts}").storage.warnings,
              ElementsAre(HasSubstr("events is not divided into partitions: it is there already, without partitions")));
  EXPECT_THAT(upkeep("partition: {time: ts}").done, IsEmpty());
}

TEST_F(TimePartitionsTest, ATableByAnotherColumnIsSaidToBeOne) {
  database.run("CREATE TABLE events (id text, ts timestamptz, v bigint) PARTITION BY LIST (id)");
  EXPECT_THAT(create("partition: {time: ts}").storage.warnings,
              ElementsAre(HasSubstr("it is divided by LIST (id), and the mapping says RANGE (\"ts\")")));
}

TEST_F(TimePartitionsTest, OfSeveralReplicasOneDoesIt) {
  (void)create("partition: {time: ts, retain: 3 days}");
  pqxx::connection other(database.url());
  pqxx::work holds(other);
  holds.exec("SELECT pg_advisory_xact_lock(1819242349, 3)");
  EXPECT_THAT(upkeep("partition: {time: ts, retain: 3 days}").done, IsEmpty());
  holds.abort();
  EXPECT_EQ(upkeep("partition: {time: ts, retain: 3 days}").done.size(), 1U);
}

TEST_F(TimePartitionsTest, WhoMayNotIsTold) {
  (void)create("partition: {time: ts, retain: 3 days}");
  const std::string role = "writer_" + std::to_string(getpid());
  database.run("CREATE ROLE " + role + " LOGIN; GRANT USAGE, CREATE ON SCHEMA public TO " + role +
               "; GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO " + role);
  const auto file = mapping_of("partition: {time: ts, retain: 3 days}");
  const StorageNotes notes =
      keep_up(database.url() + " user=" + role, {{file.topics[0].table, file.topics[0].storage}});
  EXPECT_THAT(notes.warnings, ElementsAre(HasSubstr("must be owner")));
  EXPECT_EQ(partitions(), "16") << "nothing was dropped";
  database.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(TimePartitionsTest, AHypertableIsAPlainTableWithoutTimescaleDb) {
  const CreatedTables made = create("hypertable: {time: ts, chunk: 1 day}");
  EXPECT_THAT(made.created, ElementsAre("events"));
  EXPECT_THAT(made.lack_of_timescaledb, HasSubstr("plain ones: events"));
  EXPECT_THAT(made.storage.warnings, IsEmpty());
}

TEST_F(TimePartitionsTest, WithoutTimescaleDbTheOtherKeyHolds) {
  const CreatedTables made = create("hypertable: {time: ts}\n    partition: day");
  EXPECT_EQ(made.lack_of_timescaledb, "");
  EXPECT_EQ(partitions(), "16");
}

TEST_F(TimePartitionsTest, WhatCannotBeFinishedLeavesNothingBehind) {
  database.run("CREATE TABLE events_default (x int)");
  try {
    (void)create("partition: {time: ts}");
    FAIL() << "another table has the DEFAULT partition's name";
  } catch (const TableError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot divide table events by time"));
  }
  EXPECT_EQ(database.value("SELECT to_regclass('events') IS NULL"), "t");
}

}  // namespace
}  // namespace loom::schema
