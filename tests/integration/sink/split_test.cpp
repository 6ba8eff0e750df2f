#include <gmock/gmock.h>

#include <functional>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using mapping::ConflictStrategy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SplitTest : public SinkTest {
 protected:
  SplitTest() { database.run("CREATE TABLE readings (id bigint, level bigint CHECK (level < 100))"); }

  /// Writes `total` rows of which those are bad that `bad` says, and holds that exactly these are dead letters.
  void expect_only_bad_ones_rejected(std::uint32_t total, const std::function<bool(std::uint32_t)>& bad) {
    auto batch = next_batch(plan("readings"));
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < total; ++i) {
      batch.add({{"id", std::to_string(i)}, {"level", bad(i) ? "100" : "1"}});
      if (bad(i)) expected.push_back(i);
    }
    const auto written = write(batch);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
    std::vector<std::uint32_t> rejected;
    for (const auto& r : written.batch->rejected) rejected.push_back(r.message);
    EXPECT_EQ(rejected, expected);
    EXPECT_EQ(count("readings"), std::to_string(total - expected.size()));
    EXPECT_EQ(count("kafka_dead_letters"), std::to_string(expected.size()));
    EXPECT_EQ(stored_offset(), total);
  }
};

TEST_F(SplitTest, OneBadRowAmongManyIsADeadLetterWithTheServersWords) {
  expect_only_bad_ones_rejected(500, [](std::uint32_t i) { return i == 123; });
  EXPECT_THAT(database.rows("SELECT \"offset\", reason, sqlstate FROM kafka_dead_letters"),
              ElementsAre(ElementsAre("123", "check_violation", "23514")));
  EXPECT_THAT(database.value("SELECT message FROM kafka_dead_letters"),
              HasSubstr("violates check constraint \"readings_level_check\": Failing row contains (123, 100)"));
}

TEST_F(SplitTest, TheFirstAndTheLastRowMayBeBad) {
  expect_only_bad_ones_rejected(200, [](std::uint32_t i) { return i == 0 || i == 199; });
}

TEST_F(SplitTest, HalfOfTheRowsMayBeBad) {
  expect_only_bad_ones_rejected(400, [](std::uint32_t i) { return i % 2 == 1; });
}

TEST_F(SplitTest, AllRowsMayBeBad) {
  expect_only_bad_ones_rejected(200, [](std::uint32_t) { return true; });
}

TEST_F(SplitTest, ASingleMessageMayBeBad) {
  expect_only_bad_ones_rejected(1, [](std::uint32_t) { return true; });
}

TEST_F(SplitTest, OneBadRowOfThousandsCostsFewStatements) {
  database.run(
      "CREATE TABLE tries (n bigserial); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM nextval(''tries_n_seq''); RETURN NULL; END'");
  database.run("CREATE TRIGGER note BEFORE INSERT ON readings FOR EACH STATEMENT EXECUTE FUNCTION note()");
  expect_only_bad_ones_rejected(5000, [](std::uint32_t i) { return i == 3000; });
  EXPECT_LE(std::stoi(database.value("SELECT last_value FROM tries_n_seq")), 8);
}

TEST_F(SplitTest, MessagesRejectedBeforeKeepTheirPlace) {
  auto batch = next_batch(plan("readings"));
  batch.add({{"id", "0"}, {"level", "100"}});
  batch.reject(batch.message("nonsense"), RejectReason::invalid_json, "no JSON");
  batch.add({{"id", "2"}, {"level", "100"}});
  batch.add({{"id", "3"}, {"level", "1"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed);
  EXPECT_THAT(database.rows("SELECT \"offset\", reason FROM kafka_dead_letters ORDER BY id"),
              ElementsAre(ElementsAre("0", "check_violation"), ElementsAre("1", "invalid_json"),
                          ElementsAre("2", "check_violation")));
  EXPECT_EQ(written.batch->rejected.size(), 3U);
}

TEST_F(SplitTest, EveryRowOfAMessageStandsOrFallsWithTheOthers) {
  database.run("CREATE TABLE parents (id bigint PRIMARY KEY)");
  database.run("CREATE TABLE children (parent bigint REFERENCES parents, n bigint NOT NULL)");
  auto batch = next_batch(plan({{"parents", {}, {}, ""}, {"children", {}, {}, ""}}));
  for (int i = 0; i < 30; ++i) {
    batch.message();
    batch.row({{"id", std::to_string(i)}});
    batch.row({{"parent", std::to_string(i)}, {"n", "0"}}, 1);
    batch.row({{"parent", std::to_string(i)}, {"n", i == 20 ? std::nullopt : std::make_optional<std::string>("1")}}, 1);
  }
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].message, 20U);
  EXPECT_EQ(written.batch->rejected[0].reject.reason, RejectReason::not_null_violation);
  EXPECT_EQ(count("parents WHERE id = 20"), "0");
  EXPECT_EQ(count("children"), "58");
}

TEST_F(SplitTest, AForeignKeyFailsItsRowAlone) {
  database.run("CREATE TABLE kinds (id bigint PRIMARY KEY); INSERT INTO kinds VALUES (1)");
  database.run("CREATE TABLE things (id bigint, kind bigint REFERENCES kinds)");
  auto batch = next_batch(plan("things"));
  for (int i = 0; i < 50; ++i) batch.add({{"id", std::to_string(i)}, {"kind", i == 31 ? "2" : "1"}});
  const auto written = write(batch);
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].message, 31U);
  EXPECT_EQ(written.batch->rejected[0].reject.reason, RejectReason::foreign_key_violation);
  EXPECT_EQ(count("things"), "49");
}

TEST_F(SplitTest, AConstraintThatIsCheckedAtTheEndFailsItsRowAlone) {
  database.run("CREATE TABLE kinds (id bigint PRIMARY KEY); INSERT INTO kinds VALUES (1)");
  database.run("CREATE TABLE things (id bigint, kind bigint REFERENCES kinds DEFERRABLE INITIALLY DEFERRED)");
  auto batch = next_batch(plan("things"));
  for (int i = 0; i < 50; ++i) batch.add({{"id", std::to_string(i)}, {"kind", i == 31 ? "2" : "1"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].message, 31U);
  EXPECT_EQ(count("things"), "49");
}

TEST_F(SplitTest, AChildMayComeBeforeItsParentWhereTheConstraintIsDeferred) {
  database.run("CREATE TABLE parents (id bigint PRIMARY KEY, level bigint CHECK (level < 100))");
  database.run("CREATE TABLE children (parent bigint REFERENCES parents DEFERRABLE INITIALLY DEFERRED)");
  auto batch = next_batch(plan({{"children", {}, {}, ""}, {"parents", {}, {}, ""}}));
  for (int i = 0; i < 20; ++i) {
    batch.message();
    batch.row({{"parent", std::to_string(i)}});
    batch.row({{"id", std::to_string(i)}, {"level", i == 5 ? "100" : "0"}}, 1);
  }
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(count("children"), "19");
}

TEST_F(SplitTest, ATriggersComplaintIsTheRowsFault) {
  database.run(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN IF NEW.id = 7 THEN RAISE ''not seven''; END IF; RETURN NEW; END'");
  database.run("CREATE TRIGGER refuse BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION refuse()");
  auto batch = next_batch(plan("readings"));
  for (int i = 0; i < 20; ++i) batch.add({{"id", std::to_string(i)}, {"level", "1"}});
  const auto written = write(batch);
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].reject.reason, RejectReason::rejected_by_database);
  EXPECT_EQ(written.batch->rejected[0].reject.message, "not seven");
  EXPECT_EQ(written.batch->rejected[0].reject.sqlstate, "P0001");
}

TEST_F(SplitTest, ABadLineOfATextTableIsFound) {
  database.run("CREATE TABLE shapes (id bigint, area point)");
  auto batch = next_batch(plan("shapes"));
  for (int i = 0; i < 100; ++i) batch.add({{"id", std::to_string(i)}, {"area", i == 60 ? "here" : "(1,2)"}});
  const auto written = write(batch);
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].message, 60U);
  EXPECT_EQ(count("shapes"), "99");
}

TEST_F(SplitTest, BadRowsAndConflictsMayMeetInOneBatch) {
  database.run("CREATE TABLE users (id bigint PRIMARY KEY, level bigint CHECK (level < 100))");
  database.run("INSERT INTO users SELECT i, 50 FROM generate_series(0, 299, 3) i");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::update));
  for (int i = 0; i < 300; ++i) batch.add({{"id", std::to_string(i)}, {"level", i % 7 == 0 ? "100" : "1"}});
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_TRUE(written.outcome.merged);
  EXPECT_TRUE(written.outcome.conflicted);
  EXPECT_EQ(written.batch->rejected.size(), 43U);
  EXPECT_EQ(count("users WHERE level = 1"), "257");
  EXPECT_EQ(count("users WHERE level = 50 AND id % 7 = 0"), "15");
}

TEST_F(SplitTest, ACheckThatFailsBeforeAConflictIsSeenStillMerges) {
  database.run("CREATE TABLE users (id bigint PRIMARY KEY, level bigint CHECK (level < 100))");
  database.run("INSERT INTO users VALUES (5, 50)");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::ignore));
  batch.add({{"id", "1"}, {"level", "100"}}).add({{"id", "5"}, {"level", "1"}}).add({{"id", "6"}, {"level", "1"}});
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_TRUE(written.outcome.merged);
  EXPECT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_THAT(database.rows("SELECT * FROM users ORDER BY id"),
              ElementsAre(ElementsAre("5", "50"), ElementsAre("6", "1")));
}

TEST_F(SplitTest, ATableThatNoRowGoesIntoMayBeGone) {
  database.run("CREATE TABLE users (id bigint PRIMARY KEY, level bigint CHECK (level < 100))");
  database.run("CREATE TABLE parts (id bigint PRIMARY KEY)");
  auto batch = next_batch(plan({TableChoice{"users", {"id"}, ConflictStrategy::ignore, ""},
                                TableChoice{"parts", {"id"}, ConflictStrategy::ignore, ""}}));
  batch.add({{"id", "1"}, {"level", "100"}}).add({{"id", "2"}, {"level", "1"}});
  database.run("DROP TABLE parts");
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  EXPECT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(count("users"), "1");
}

TEST_F(SplitTest, AFaultThatIsNotTheRowsTakesEverythingBack) {
  database.run("CREATE TABLE strict (id bigint, level bigint CHECK (level < 100))");
  auto batch = next_batch(plan("strict"));
  for (int i = 0; i < 20; ++i) batch.add({{"id", std::to_string(i)}, {"level", i == 3 ? "100" : "1"}});
  database.run("ALTER TABLE kafka_dead_letters RENAME TO elsewhere");
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::catalog_changed);
  EXPECT_THAT(written.batch->rejected, IsEmpty());
  EXPECT_EQ(count("strict"), "0");
  EXPECT_EQ(stored_offset(), 0);
}

}  // namespace
}  // namespace loom::sink::testing
