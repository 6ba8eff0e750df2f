#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WriteTest : public SinkTest {};

TEST_F(WriteTest, RowsAndOffsetAreStoredTogether) {
  database.run("CREATE TABLE readings (id bigint, name text, ratio float8, ok boolean, data jsonb)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "7"}, {"name", "first"}, {"ratio", "0.5"}, {"ok", "true"}, {"data", R"({"a": 1})"}});
  batch.add({{"id", "8"}, {"name", std::nullopt}});

  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_FALSE(written.outcome.merged);
  EXPECT_EQ(written.batch->messages.size(), 2U);
  EXPECT_THAT(database.rows("SELECT * FROM readings ORDER BY id"),
              ElementsAre(ElementsAre("7", "first", "0.5", "t", R"({"a": 1})"),
                          ElementsAre("8", "NULL", "NULL", "NULL", "NULL")));
  EXPECT_EQ(stored_offset(), 2);
  EXPECT_EQ(database.value("SELECT last_timestamp FROM kafka_consumer_offsets"), "2023-11-14 22:13:20.123+00");
}

TEST_F(WriteTest, ManySlicesOfOneCopyArriveWhole) {
  database.run("CREATE TABLE readings (id bigint, name text)");
  auto batch = next_batch(plan("readings"));
  for (int i = 0; i < 3000; ++i) {
    batch.add({{"id", std::to_string(i)}, {"name", std::string(static_cast<std::size_t>(i) % 300, 'x')}});
  }
  batch.add({{"id", "3000"}, {"name", std::string(1'000'000, 'y')}});
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(database.value("SELECT count(*) || ' ' || sum(id) || ' ' || sum(length(name)) FROM readings"),
            "3001 4501500 1448500");
}

TEST_F(WriteTest, APositionAdvancesWithoutRows) {
  database.run("CREATE TABLE readings (id bigint)");
  auto batch = next_batch(plan("readings"));
  batch.position(12);
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(stored_offset(), 12);
}

TEST_F(WriteTest, ATextTableStoresWhatItIsSent) {
  database.run("CREATE TABLE shapes (id bigint, area point, name text DEFAULT 'none')");
  auto batch = next_batch(plan("shapes"));
  batch.add({{"id", "1"}, {"area", "(1,2)"}, {"name", "a\\tb"}});
  batch.add({{"id", "2"}, {"area", std::nullopt}});
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_THAT(database.rows("SELECT * FROM shapes ORDER BY id"),
              ElementsAre(ElementsAre("1", "(1,2)", "a\tb"), ElementsAre("2", "NULL", "none")));
}

TEST_F(WriteTest, DefaultsThatPostgresComputesApplyWhereTheMessageHasNothing) {
  database.run(
      "CREATE TABLE readings (id bigserial, name text, at timestamptz NOT NULL DEFAULT now(), level int8 DEFAULT 5)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"name", "a"}});
  batch.add({{"id", "70"}, {"name", "b"}, {"level", "6"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_THAT(database.rows("SELECT id, name, at > now() - interval '1 minute', level FROM readings ORDER BY id"),
              ElementsAre(ElementsAre("1", "a", "t", "5"), ElementsAre("70", "b", "t", "6")));
}

TEST_F(WriteTest, ARowOfNothingButComputedDefaultsIsStored) {
  database.run("CREATE TABLE readings (id bigserial, at timestamptz NOT NULL DEFAULT now())");
  auto batch = next_batch(plan("readings"));
  for (int i = 0; i < 3; ++i) batch.add({});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_EQ(count("readings WHERE at > now() - interval '1 minute'"), "3");
}

TEST_F(WriteTest, ParentsAreWrittenBeforeChildrenWhateverTheOrderOfTheirRowSets) {
  database.run(
      "CREATE TABLE parents (id bigint PRIMARY KEY, made timestamptz DEFAULT now(), tag bigint DEFAULT random())");
  database.run("CREATE TABLE children (parent bigint REFERENCES parents, n bigint)");
  auto batch = next_batch(plan({{"parents", {}, {}, ""}, {"children", {}, {}, ""}}));
  batch.message();
  batch.row({{"id", "1"}});
  batch.row({{"parent", "1"}, {"n", "0"}}, 1);
  batch.message();
  batch.row({{"id", "2"}, {"tag", "3"}});
  batch.row({{"parent", "2"}, {"n", "0"}}, 1);
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(count("children"), "2");
}

TEST_F(WriteTest, StrangeNamesAreQuoted) {
  database.run(
      R"(CREATE SCHEMA "my Schema"; CREATE TABLE "my Schema"."we""ird" ("ID" bigint, "se;lect" text, UNIQUE ("ID")))");
  const auto strange = plan({{"we\"ird", {"ID"}, mapping::ConflictStrategy::update, "my Schema"}});
  auto batch = next_batch(strange);
  batch.add({{"ID", "1"}, {"se;lect", "a"}});
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  auto again = next_batch(strange);
  again.add({{"ID", "1"}, {"se;lect", "b"}});
  const auto written = write(again);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_EQ(database.value(R"(SELECT "se;lect" FROM "my Schema"."we""ird")"), "b");
}

TEST_F(WriteTest, DeadLettersHoldTheMessageWithItsHeaders) {
  database.run("CREATE TABLE readings (id bigint)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "1"}});
  const auto bad = batch.message("{\"id\": \xFF}", {{"trace", "a\"b"}, {"raw", "\xFF\x01"}, {"none", std::nullopt}});
  batch.reject(bad, RejectReason::invalid_json, "not UTF-8: \xFF");
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_THAT(
      database.rows("SELECT consumer_group, topic, partition, \"offset\", key, encode(value, 'escape'), reason, "
                    "sqlstate, message FROM kafka_dead_letters"),
      ElementsAre(ElementsAre("group's", "t", "0", "1", "\\x6b6579", "{\"id\": \\377}", "invalid_json", "NULL",
                              "not UTF-8: \xEF\xBF\xBD")));
  EXPECT_EQ(database.value("SELECT headers FROM kafka_dead_letters"),
            R"([{"name": "trace", "value": "a\"b"}, {"name": "raw", "value": "/wE=", "encoding": "base64"}, )"
            R"({"name": "none", "value": null}])");
}

TEST_F(WriteTest, AStaleBatchStoresNothingAndBringsBackTheStoredOffsets) {
  database.run("CREATE TABLE readings (id bigint)");
  const auto readings = plan("readings");
  auto batch = next_batch(readings);
  batch.position(50);
  write(batch);

  BatchMaker stale(readings, 20);
  stale.add({{"id", "1"}});
  const auto written = write(stale);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stale);
  EXPECT_EQ(written.outcome.sqlstate, "KO001");
  ASSERT_EQ(written.outcome.stored.size(), 1U);
  EXPECT_EQ(written.outcome.stored[0].next_offset, 50);
  EXPECT_EQ(count("readings"), "0");
}

TEST_F(WriteTest, ABatchOfAnotherEpochIsStale) {
  database.run("CREATE TABLE readings (id bigint)");
  database.run("UPDATE kafka_consumer_offsets SET epoch = 3");
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "1"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stale);
  ASSERT_EQ(written.outcome.stored.size(), 1U);
  EXPECT_EQ(written.outcome.stored[0].epoch, 3);
}

TEST_F(WriteTest, APartitionWithoutARowIsStaleWithNothingStored) {
  database.run("CREATE TABLE readings (id bigint)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "1"}});
  database.run("DELETE FROM kafka_consumer_offsets");
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stale);
  EXPECT_THAT(written.outcome.stored, IsEmpty());
}

TEST_F(WriteTest, SeveralPartitionsAdvanceAllOrNone) {
  database.run("CREATE TABLE readings (id bigint)");
  database.run("INSERT INTO kafka_consumer_offsets SELECT 'group''s', 't', p, 10 * p FROM generate_series(1, 3) p");
  const auto readings = plan("readings");
  const auto with_ranges = [&](std::int64_t believed_of_2) {
    auto batch = BatchMaker(readings, 0).take();
    batch->ranges = {{0, 0, 0, 1, -1}, {1, 0, 10, 11, 1}, {2, 0, believed_of_2, 99, -1}, {3, 0, 30, 31, 1LL << 62}};
    return batch;
  };
  const auto refused = write(with_ranges(19));
  EXPECT_EQ(refused.outcome.kind, OutcomeKind::stale);
  EXPECT_EQ(refused.outcome.stored.size(), 4U);
  EXPECT_EQ(stored_offset(), 0);
  EXPECT_EQ(write(with_ranges(20)).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(database.value("SELECT string_agg(next_offset::text, ',' ORDER BY partition) FROM kafka_consumer_offsets"),
            "1,11,99,31");
}

TEST_F(WriteTest, AMissingTableOrColumnAsksForTheCatalog) {
  database.run("CREATE TABLE readings (id bigint, name text)");
  const auto readings = plan("readings");
  database.run("ALTER TABLE readings DROP COLUMN name");
  auto batch = next_batch(readings);
  batch.add({{"id", "1"}, {"name", "a"}});
  const auto no_column = write(batch);
  EXPECT_EQ(no_column.outcome.kind, OutcomeKind::catalog_changed);
  EXPECT_EQ(no_column.outcome.sqlstate, "42703");

  database.run("DROP TABLE readings");
  auto other = next_batch(readings);
  other.add({{"id", "1"}, {"name", "a"}});
  const auto no_table = write(other);
  EXPECT_EQ(no_table.outcome.kind, OutcomeKind::catalog_changed);
  EXPECT_EQ(no_table.outcome.sqlstate, "42P01");
  EXPECT_EQ(stored_offset(), 0);
}

TEST_F(WriteTest, ARetypedColumnStoresNothing) {
  database.run("CREATE TABLE readings (id bigint, level float8)");
  const auto readings = plan("readings");
  database.run("ALTER TABLE readings ALTER COLUMN level TYPE bigint");
  auto batch = next_batch(readings);
  for (int i = 0; i < 500; ++i) batch.add({{"id", "1"}, {"level", "1.5"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::catalog_changed);
  EXPECT_THAT(written.outcome.message, HasSubstr("column level of table readings was double precision"));
  EXPECT_EQ(count("readings"), "0");
  EXPECT_EQ(stored_offset(), 0);

  auto after = next_batch(plan("readings"));
  after.add({{"id", "1"}, {"level", "2"}});
  EXPECT_EQ(write(after).outcome.kind, OutcomeKind::committed) << "the connection is still of use";
}

TEST_F(WriteTest, ADomainAndAnEnumAreComparedByWhatTheyAreSentAs) {
  database.run("CREATE DOMAIN percent AS bigint CHECK (value <= 100); CREATE TYPE mood AS ENUM ('good', 'bad');");
  database.run("CREATE TABLE readings (level percent, mood mood)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"level", "50"}, {"mood", "bad"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_THAT(database.rows("SELECT * FROM readings"), ElementsAre(ElementsAre("50", "bad")));
}

TEST_F(WriteTest, ARowThatNoPartitionTakesStopsTheTopic) {
  database.run("CREATE TABLE readings (id bigint) PARTITION BY RANGE (id)");
  database.run("CREATE TABLE readings_0 PARTITION OF readings FOR VALUES FROM (0) TO (10)");
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "5"}}).add({{"id", "15"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
  EXPECT_EQ(written.outcome.sqlstate, "23514");
  EXPECT_EQ(count("kafka_dead_letters"), "0");
}

TEST_F(WriteTest, AnUpdatableViewWithARuleOfItsOwnCanBeATarget) {
  database.run("CREATE TABLE kept (id bigint); CREATE VIEW seen AS SELECT id FROM kept");
  database.run(
      "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO kept VALUES (NEW.id); RETURN NEW; "
      "END'");
  database.run("CREATE TRIGGER keep INSTEAD OF INSERT ON seen FOR EACH ROW EXECUTE FUNCTION keep()");
  auto batch = next_batch(plan("seen"));
  batch.add({{"id", "3"}});
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(database.value("SELECT id FROM kept"), "3");
}

}  // namespace
}  // namespace loom::sink::testing
