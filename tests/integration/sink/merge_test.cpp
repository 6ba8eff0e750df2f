#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using mapping::ConflictStrategy;
using ::testing::ElementsAre;

class MergeTest : public SinkTest {
 protected:
  MergeTest() { database.run("CREATE TABLE users (id bigint PRIMARY KEY, name text, city text DEFAULT 'nowhere')"); }

  void expect_committed(const Written& written, bool merged, bool conflicted) {
    EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
    EXPECT_EQ(written.outcome.merged, merged);
    EXPECT_EQ(written.outcome.conflicted, conflicted);
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
  std::vector<std::vector<std::string>> users() { return database.rows("SELECT * FROM users ORDER BY id"); }
};

TEST_F(MergeTest, NewKeysGoTheOptimisticWay) {
  auto batch = next_batch(plan("users", {"id"}));
  batch.add({{"id", "1"}, {"name", "a"}}).add({{"id", "2"}, {"name", "b"}});
  expect_committed(write(batch), false, false);
}

TEST_F(MergeTest, IgnoreKeepsTheRowInTheTableAndTheFirstOfABatch) {
  database.run("INSERT INTO users VALUES (1, 'old', 'Bonn')");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::ignore));
  batch.add({{"id", "1"}, {"name", "new"}})
      .add({{"id", "2"}, {"name", "first"}})
      .add({{"id", "2"}, {"name", "second"}});
  expect_committed(write(batch), true, true);
  EXPECT_THAT(users(), ElementsAre(ElementsAre("1", "old", "Bonn"), ElementsAre("2", "first", "nowhere")));
  EXPECT_EQ(stored_offset(), 3);
}

TEST_F(MergeTest, MessagesThatTheirProducerSentTwiceDoNotSendALargeBatchThroughIt) {
  for (const auto& [strategy, kept] : {std::pair{ConflictStrategy::ignore, "0"},
                                       {ConflictStrategy::replace, "899"},
                                       {ConflictStrategy::update, "899"}}) {
    database.run("TRUNCATE users");
    restart_pool();  // no key was seen yet
    auto batch = next_batch(plan("users", {"id"}, strategy));
    for (int i = 0; i < 900; ++i) {
      batch.add({{"id", std::to_string(i % 899)}, {"name", std::to_string(i)}, {"city", "Ulm"}});
    }
    expect_committed(write(batch), false, false);
    EXPECT_EQ(count("users"), "899");
    EXPECT_EQ(database.value("SELECT name FROM users WHERE id = 0"), kept);
  }
}

TEST_F(MergeTest, RowsOfALargeBatchThatCompleteEachOtherAreMerged) {
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::update));
  for (int i = 0; i < 900; ++i) batch.add({{"id", std::to_string(i)}, {"name", "n"}, {"city", "Ulm"}});
  batch.add({{"id", "7"}, {"city", "Bonn"}});
  expect_committed(write(batch), true, false);  // one is copied, the other merged into it
  EXPECT_THAT(database.rows("SELECT * FROM users WHERE id = 7"), ElementsAre(ElementsAre("7", "n", "Bonn")));
}

TEST_F(MergeTest, UpdateOverwritesOnlyWhatTheMessagesHad) {
  database.run("INSERT INTO users VALUES (1, 'old', 'Bonn'), (2, 'old', 'Bonn'), (3, 'old', 'Bonn')");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::update));
  batch.add({{"id", "1"}, {"name", "new"}});
  batch.add({{"id", "2"}, {"city", "Ulm"}});
  batch.add({{"id", "3"}});
  batch.add({{"id", "2"}, {"name", "later"}});
  batch.add({{"id", "4"}, {"name", "four"}}).add({{"id", "4"}, {"city", "Kiel"}}).add({{"id", "4"}, {"city", "Bern"}});
  batch.add({{"id", "5"}});
  expect_committed(write(batch), true, true);
  EXPECT_THAT(users(), ElementsAre(ElementsAre("1", "new", "Bonn"), ElementsAre("2", "later", "Ulm"),
                                   ElementsAre("3", "old", "Bonn"), ElementsAre("4", "four", "Bern"),
                                   ElementsAre("5", "NULL", "nowhere")));
}

TEST_F(MergeTest, ReplaceOverwritesWithDefaultsWhatTheMessageDoesNotHave) {
  database.run("ALTER TABLE users ADD seen timestamptz DEFAULT now()");
  database.run("INSERT INTO users VALUES (1, 'old', 'Bonn', '2001-01-01'), (2, 'old', 'Bonn', '2001-01-01')");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::replace));
  batch.add({{"id", "1"}, {"name", "new"}});
  batch.add({{"id", "2"}, {"name", "lost"}}).add({{"id", "2"}, {"city", "Ulm"}});
  expect_committed(write(batch), true, true);
  EXPECT_THAT(database.rows("SELECT id, name, city, seen > '2002-01-01' FROM users ORDER BY id"),
              ElementsAre(ElementsAre("1", "new", "nowhere", "t"), ElementsAre("2", "NULL", "Ulm", "t")));
}

TEST_F(MergeTest, PreferringMergeTellsWhenNothingConflictedAnyMore) {
  for (const auto strategy : {ConflictStrategy::ignore, ConflictStrategy::update, ConflictStrategy::replace}) {
    const auto users_plan = plan("users", {"id"}, strategy);
    database.run("TRUNCATE users");
    auto fresh = next_batch(users_plan);
    fresh.prefer_merge().add({{"id", "1"}, {"name", "a"}});
    expect_committed(write(fresh), true, false);
    auto again = next_batch(users_plan);
    again.prefer_merge().add({{"id", "1"}, {"name", "b"}});
    expect_committed(write(again), true, true);
  }
}

TEST_F(MergeTest, PreferringMergeWithoutAKeyIsThePlainWay) {
  database.run("CREATE TABLE log (id bigint)");
  auto batch = next_batch(plan("log"));
  batch.prefer_merge().add({{"id", "1"}});
  expect_committed(write(batch), false, false);
}

TEST_F(MergeTest, RowsWithANullInTheirKeyAreAllKept) {
  database.run("CREATE TABLE marks (id bigint, n bigint, UNIQUE (id, n))");
  database.run("INSERT INTO marks VALUES (1, 1)");
  auto batch = next_batch(plan("marks", {"id", "n"}));
  batch.add({{"id", "1"}, {"n", "1"}}).add({{"id", "1"}, {"n", std::nullopt}}).add({{"id", "1"}, {"n", std::nullopt}});
  expect_committed(write(batch), true, true);
  EXPECT_EQ(count("marks"), "3");
}

TEST_F(MergeTest, ATableWithoutAKeyIsCopiedInTheSameTransaction) {
  database.run("CREATE TABLE visits (who bigint, n bigint)");
  database.run("INSERT INTO users VALUES (1, 'old', 'Bonn')");
  auto batch = next_batch(plan({{"users", {"id"}, ConflictStrategy::ignore, ""}, {"visits", {}, {}, ""}}));
  batch.message();
  batch.row({{"id", "1"}});
  batch.row({{"who", "1"}, {"n", "1"}}, 1);
  batch.row({{"who", "1"}, {"n", "2"}}, 1);
  expect_committed(write(batch), true, true);
  EXPECT_EQ(count("visits"), "2");
}

TEST_F(MergeTest, AKeyOfAPartitionedTableMerges) {
  database.run("CREATE TABLE parts (id bigint PRIMARY KEY, name text) PARTITION BY RANGE (id)");
  database.run("CREATE TABLE parts_0 PARTITION OF parts FOR VALUES FROM (0) TO (10)");
  database.run("INSERT INTO parts VALUES (1, 'old')");
  auto batch = next_batch(plan("parts", {"id"}, ConflictStrategy::update));
  batch.add({{"id", "1"}, {"name", "new"}}).add({{"id", "2"}, {"name", "two"}});
  expect_committed(write(batch), true, true);
  EXPECT_EQ(database.value("SELECT string_agg(name, ',' ORDER BY id) FROM parts"), "new,two");
}

TEST_F(MergeTest, ATextTableMergesToo) {
  database.run("CREATE TABLE places (id bigint PRIMARY KEY, at point, name text)");
  database.run("INSERT INTO places VALUES (1, '(0,0)', 'old')");
  auto batch = next_batch(plan("places", {"id"}, ConflictStrategy::update));
  batch.add({{"id", "1"}, {"at", "(1,1)"}}).add({{"id", "1"}, {"name", "x\\ty"}}).add({{"id", "2"}, {"at", "(2,2)"}});
  expect_committed(write(batch), true, true);
  EXPECT_THAT(database.rows("SELECT * FROM places ORDER BY id"),
              ElementsAre(ElementsAre("1", "(1,1)", "x\ty"), ElementsAre("2", "(2,2)", "NULL")));
}

TEST_F(MergeTest, KeysThatAreEqualOnlyToTheDatabaseAreStoredOneAfterTheOther) {
  database.run("CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  database.run("CREATE TABLE names (name text COLLATE nocase PRIMARY KEY, n bigint)");
  auto batch = next_batch(plan("names", {"name"}, ConflictStrategy::update));
  batch.add({{"name", "Ann"}, {"n", "1"}}).add({{"name", "ANN"}, {"n", "2"}}).add({{"name", "Bob"}, {"n", "3"}});
  expect_committed(write(batch), true, true);
  EXPECT_THAT(database.rows("SELECT * FROM names ORDER BY n"),
              ElementsAre(ElementsAre("Ann", "2"), ElementsAre("Bob", "3")));
}

TEST_F(MergeTest, ADuplicateOnAnotherIndexIsTheRowsFault) {
  database.run("CREATE UNIQUE INDEX other ON users (name)");
  database.run("INSERT INTO users VALUES (1, 'taken', 'Bonn')");
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::update));
  batch.add({{"id", "2"}, {"name", "taken"}}).add({{"id", "3"}, {"name", "free"}}).add({{"id", "1"}, {"city", "Ulm"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
  ASSERT_EQ(written.batch->rejected.size(), 1U);
  EXPECT_EQ(written.batch->rejected[0].message, 0U);
  EXPECT_EQ(written.batch->rejected[0].reject.reason, RejectReason::unique_violation);
  EXPECT_THAT(users(), ElementsAre(ElementsAre("1", "taken", "Ulm"), ElementsAre("3", "free", "nowhere")));
}

}  // namespace
}  // namespace loom::sink::testing
