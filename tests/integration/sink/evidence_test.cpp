// Whose fault it is where the code alone does not say: a message's, the table's, or the size of the batch. Values are
// in bad_value_test.cpp.
#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using mapping::ConflictStrategy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using loom::testing::Rows;

class EvidenceTest : public SinkTest {
 protected:
  /// Before each row of a table some PL/pgSQL, which may say `RETURN NEW` before its end.
  void make_trigger(const std::string& table, const std::string& code) const {
    database.run("CREATE OR REPLACE FUNCTION look_at_" + table + "() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN " +
                 code + " RETURN NEW; END $f$");
    database.run("CREATE TRIGGER look BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION look_at_" + table +
                 "()");
  }
  void make_numbers() const { database.run("CREATE TABLE numbers (id bigint, other bigint)"); }
  static std::string raise(const std::string& when, const std::string& code) {
    return "IF " + when + " THEN RAISE 'no %', NEW.id USING ERRCODE = '" + code + "'; END IF;";
  }
  BatchMaker numbers(int count) {
    auto batch = next_batch(plan("numbers"));
    for (int i = 0; i < count; ++i) batch.add({{"id", std::to_string(i)}, {"other", "0"}});
    return batch;
  }
  /// The dead letters, as offset and SQLSTATE.
  [[nodiscard]] Rows dead() const {
    return database.rows("SELECT \"offset\", coalesce(sqlstate, '') FROM kafka_dead_letters ORDER BY id");
  }
  void expect_nothing_stored() {
    EXPECT_EQ(stored_offset(), 0);
    EXPECT_THAT(dead(), IsEmpty());
  }
};

// ---- Triggers

class CodeOfATriggerTest : public EvidenceTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(CodeOfATriggerTest, MakesADeadLetterOfTheMessageThatFailsWhileOthersGoIn) {
  make_numbers();
  make_trigger("numbers", raise("NEW.id IN (3, 40)", GetParam()));
  auto batch = numbers(50);
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("3", GetParam()), ElementsAre("40", GetParam())));
  EXPECT_EQ(count("numbers"), "48");
  EXPECT_EQ(stored_offset(), 50);
}

TEST_P(CodeOfATriggerTest, ThatFailsForEachMessageStopsTheTopic) {
  make_numbers();
  make_trigger("numbers", raise("true", GetParam()));
  auto batch = numbers(20);
  batch.fresh();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
  EXPECT_EQ(written.outcome.sqlstate, GetParam());
  EXPECT_TRUE(written.outcome.wants_company);
  EXPECT_THAT(written.outcome.message, HasSubstr("20 messages fail by themselves, and none goes into the table"));
  EXPECT_THAT(written.batch->rejected, IsEmpty());
  expect_nothing_stored();
}

TEST_P(CodeOfATriggerTest, AsksForTheCatalogFirst) {
  make_numbers();
  make_trigger("numbers", raise("NEW.id = 3", GetParam()));
  auto batch = numbers(5);
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::catalog_changed);
  expect_nothing_stored();
}

INSTANTIATE_TEST_SUITE_P(Codes, CodeOfATriggerTest,
                         ::testing::Values("P0002", "P0004", "0A000", "2F004", "38000", "42P01", "42501", "44000",
                                           "55000", "XX000", "ZZZ01"));

TEST_F(EvidenceTest, AnOutageInATriggerFillsNoDeadLetters) {
  make_numbers();
  for (const char* const code : {"08006", "53300", "57P01", "58030", "40001", "55P03"}) {
    database.run("DROP TRIGGER IF EXISTS look ON numbers");
    make_trigger("numbers", raise("NEW.id = 3", code));
    auto batch = numbers(5);
    batch.fresh();
    EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::retry) << code;
    expect_nothing_stored();
  }
}

TEST_F(EvidenceTest, ALoneMessageIsBadWhenItsTransactionGoesThroughWithoutIt) {
  make_numbers();
  make_trigger("numbers", raise("true", "P0002"));
  auto batch = numbers(1);
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("0", "P0002")));
}

TEST_F(EvidenceTest, ALoneMessageProvesNothingWhereABrokenTriggerWouldFailAlike) {
  make_numbers();
  make_trigger("numbers", "INSERT INTO audit_that_was_dropped VALUES (NEW.id);");
  auto batch = numbers(1);
  batch.fresh();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
  EXPECT_TRUE(written.outcome.wants_company);
  EXPECT_THAT(written.outcome.message, HasSubstr("shows with the next ones"));
  expect_nothing_stored();
}

TEST_F(EvidenceTest, ATableThatTakesNothingEvenWithoutRowsStopsTheTopicAtOnce) {
  make_numbers();
  database.run(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN RAISE ''closed'' USING ERRCODE = ''P0002''; END'");
  database.run("CREATE TRIGGER refuse BEFORE INSERT ON numbers FOR EACH STATEMENT EXECUTE FUNCTION refuse()");
  for (const int messages : {1, 20}) {
    auto batch = numbers(messages);
    batch.fresh();
    const auto written = write(batch);
    EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
    EXPECT_FALSE(written.outcome.wants_company) << "more messages would tell nothing";
    EXPECT_EQ(written.outcome.message, "closed");
    expect_nothing_stored();
  }
}

TEST_F(EvidenceTest, OtherMessagesProveOnlyTheTablesThatTookThem) {
  make_numbers();
  database.run("CREATE TABLE lines (id bigint, n bigint)");
  make_trigger("lines", raise("true", "P0002"));
  const auto tables = plan({{"numbers", {}, {}, ""}, {"lines", {}, {}, ""}});
  auto batch = next_batch(tables);
  for (int i = 0; i < 20; ++i) {
    batch.add({{"id", std::to_string(i)}});
    if (i == 5 || i == 6) batch.row({{"id", std::to_string(i)}, {"n", "0"}}, 1);
  }
  batch.fresh();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic) << "no row of `lines` went in";
  expect_nothing_stored();
  EXPECT_EQ(count("numbers"), "0");
}

TEST_F(EvidenceTest, AMessageIsJudgedWithAllOfItsRows) {
  make_numbers();
  database.run("CREATE TABLE lines (id bigint, n bigint)");
  make_trigger("lines", raise("NEW.id = 7 AND NEW.n = 2", "P0002"));
  const auto tables = plan({{"numbers", {}, {}, ""}, {"lines", {}, {}, ""}});
  auto batch = next_batch(tables);
  for (int i = 0; i < 20; ++i) {
    batch.add({{"id", std::to_string(i)}});
    for (int n = 0; n < 4; ++n) batch.row({{"id", std::to_string(i)}, {"n", std::to_string(n)}}, 1);
  }
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("7", "P0002")));
  EXPECT_EQ(count("numbers WHERE id = 7"), "0");
  EXPECT_EQ(count("lines"), std::to_string(19 * 4));
}

TEST_F(EvidenceTest, BadByCodeAndBadByEvidenceMayMeet) {
  make_numbers();
  database.run("ALTER TABLE numbers ADD CHECK (other < 100)");
  make_trigger("numbers", raise("NEW.id = 3", "P0002"));
  auto batch = next_batch(plan("numbers"));
  for (int i = 0; i < 30; ++i) batch.add({{"id", std::to_string(i)}, {"other", i == 20 ? "100" : "0"}});
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("3", "P0002"), ElementsAre("20", "23514")));
}

TEST_F(EvidenceTest, TriesAThousandMessagesAndNotAllOfALargeBatch) {
  make_numbers();
  make_trigger("numbers", raise("true", "P0002"));
  database.run(
      "CREATE TABLE tries (n bigserial); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM nextval(''tries_n_seq''); RETURN NULL; END'");
  database.run("CREATE TRIGGER note BEFORE INSERT ON numbers FOR EACH STATEMENT EXECUTE FUNCTION note()");
  auto batch = numbers(5000);
  batch.fresh();
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::stop_topic);
  EXPECT_LT(std::stoi(database.value("SELECT last_value FROM tries_n_seq")), 1500);
  expect_nothing_stored();
}

TEST_F(EvidenceTest, OneThousandBadOnesDoNotHideTheGoodOnesBehindThem) {
  make_numbers();
  make_trigger("numbers", raise("NEW.id < 1100", "P0002"));
  auto batch = numbers(1400);
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(count("numbers"), "300");
  EXPECT_EQ(count("kafka_dead_letters"), "1100");
  EXPECT_EQ(count("(SELECT DISTINCT id FROM numbers) each"), "300");
}

TEST_F(EvidenceTest, ASecondLoneMessageInARowProvesNothing) {
  make_numbers();
  make_trigger("numbers", raise("true", "ZZ001"));
  auto batch = numbers(1).take();
  batch->plan_is_fresh = batch->alone_is_no_proof = true;
  const auto written = write(std::move(batch));
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
  EXPECT_TRUE(written.outcome.wants_company);
  expect_nothing_stored();
}

TEST_F(EvidenceTest, ATriggersOwnCheckViolationIsNoMissingPartition) {
  make_numbers();
  make_trigger("numbers", "IF NEW.id = 3 THEN RAISE check_violation USING MESSAGE = 'must be good'; END IF;");
  auto batch = numbers(10);
  batch.fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("3", "23514")));
}

TEST_F(EvidenceTest, WhatATriggersStatementsRunIntoForEachRowIsTheTables) {
  make_numbers();
  database.run("CREATE TABLE audit (id bigint, who text NOT NULL)");
  make_trigger("numbers", "INSERT INTO audit VALUES (NEW.id);");
  auto batch = numbers(20);
  batch.fresh();
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::stop_topic);
  expect_nothing_stored();
}

TEST_F(EvidenceTest, ADomainWhoseCheckIsBrokenIsTheTables) {
  database.run("CREATE TABLE allowed (a text)");
  database.run(
      "CREATE FUNCTION is_allowed(text) RETURNS boolean LANGUAGE plpgsql AS "
      "'BEGIN RETURN NOT EXISTS (SELECT FROM allowed WHERE a = $1); END'");
  database.run(
      "CREATE DOMAIN name_of_it AS text CHECK (is_allowed(VALUE)); CREATE TABLE things (id bigint, v name_of_it)");
  database.run("DROP TABLE allowed");
  for (const int messages : {1, 20}) {
    auto batch = next_batch(plan("things"));
    for (int i = 0; i < messages; ++i) batch.add({{"id", std::to_string(i)}, {"v", "a"}});
    batch.fresh();
    EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::stop_topic) << messages;
    expect_nothing_stored();
  }
}

TEST_F(EvidenceTest, WhatNoMessageFeedsIsNoMessagesFault) {
  database.run("CREATE TABLE things (id bigint, v text)");
  const auto before = plan("things");
  database.run("ALTER TABLE things ADD w text NOT NULL DEFAULT 'x'; ALTER TABLE things ALTER w DROP DEFAULT");
  auto batch = next_batch(before);
  batch.add({{"id", "1"}, {"v", "a"}}).add({{"id", "2"}, {"v", "a"}}).fresh();
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::stop_topic) << "nothing feeds w";
  expect_nothing_stored();
}

TEST_F(EvidenceTest, ASequenceThatIsUsedUpOrBehindItsTableIsTheTables) {
  database.run(
      "CREATE SEQUENCE few MAXVALUE 2; CREATE TABLE things (id bigint, k bigint DEFAULT nextval('few') PRIMARY KEY)");
  const auto write_two = [&] {
    const auto fed = plan("things");
    fed->tables[0].columns.pop_back();  // nothing feeds k
    auto batch = next_batch(fed);
    batch.add({{"id", "1"}}).add({{"id", "2"}}).fresh();
    return write(batch).outcome;
  };
  database.run("SELECT setval('few', 2)");
  EXPECT_EQ(write_two().sqlstate, "2200H");
  expect_nothing_stored();
  database.run("ALTER SEQUENCE few MAXVALUE 1000000; INSERT INTO things SELECT 0, i FROM generate_series(1, 5000) i");
  database.run("SELECT setval('few', 1)");
  const auto behind = write_two();
  EXPECT_EQ(behind.kind, OutcomeKind::stop_topic);
  EXPECT_EQ(behind.sqlstate, "23505");
  expect_nothing_stored();
}

TEST_F(EvidenceTest, AStatementThatIsRefusedWithoutRowsTooIsTheTablesWhateverItsCode) {
  make_numbers();
  database.run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''in maintenance''; END'");
  database.run("CREATE TRIGGER refuse BEFORE INSERT ON numbers FOR EACH STATEMENT EXECUTE FUNCTION refuse()");
  auto batch = numbers(20);
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::stop_topic);
  expect_nothing_stored();
}

TEST_F(EvidenceTest, AKeyWhoseIndexWasReplacedIsStillTheKey) {
  database.run("CREATE TABLE users (id bigint, level bigint); CREATE UNIQUE INDEX users_a ON users (id)");
  const auto before = plan("users", {"id"}, ConflictStrategy::update);
  database.run("INSERT INTO users VALUES (1, 0); CREATE UNIQUE INDEX users_b ON users (id); DROP INDEX users_a");
  auto batch = next_batch(before);
  batch.add({{"id", "1"}, {"level", "7"}}).add({{"id", "2"}, {"level", "7"}});
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(count("users WHERE level = 7"), "2");
  EXPECT_EQ(count("kafka_dead_letters"), "0");
}

TEST_F(EvidenceTest, NoSettingOfTheRoleMakesAWordOfANull) {
  database.run("ALTER DATABASE " + database.value("SELECT current_database()") + " SET array_nulls = off");
  database.run("CREATE TABLE h (id bigint, v text[], p point)");
  restart_pool();
  auto batch = next_batch(plan("h"));
  batch.add({{"id", "0"}, {"v", "{x,NULL}"}, {"p", "(1,2)"}});
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(database.value("SELECT v[2] IS NULL FROM h"), "t");
}

// ---- Partitions

class MissingPartitionTest : public EvidenceTest {
 protected:
  MissingPartitionTest() {
    database.run("CREATE TABLE days (id bigint, day bigint) PARTITION BY RANGE (day)");
    database.run("CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (100) TO (200)");
    auto made = plan("days");
    for (int i = 0; i < 3; ++i) cells_.push_back({{"id", std::to_string(i)}, {"day", i == 1 ? "0" : "150"}});
    plan_ = std::move(made);
  }
  Written write_all() {
    auto batch = next_batch(plan_);
    for (const auto& cells : cells_) batch.add(cells);
    batch.fresh();
    return write(batch);
  }
  std::shared_ptr<mapping::TopicPlan> plan_;
  std::vector<Cells> cells_;
};

TEST_F(MissingPartitionTest, StopsTheTopicAndSaysWhichValueAndWhatHelps) {
  const auto written = write_all();
  EXPECT_EQ(written.outcome.kind, OutcomeKind::stop_topic);
  EXPECT_THAT(written.outcome.message, HasSubstr("(day) = (0)"));
  EXPECT_THAT(written.outcome.message, HasSubstr("DEFAULT partition"));
  EXPECT_THAT(written.outcome.message, HasSubstr("no_partition: dead_letter"));
  expect_nothing_stored();
  database.run("CREATE TABLE days_rest PARTITION OF days DEFAULT");
  EXPECT_EQ(write_all().outcome.kind, OutcomeKind::committed);
}

TEST_F(MissingPartitionTest, IsADeadLetterWhereTheMappingSaysSo) {
  plan_->no_partition = mapping::NoPartition::dead_letter;
  const auto written = write_all();
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("1", "23514")));
  EXPECT_EQ(count("days"), "2");
}

// ---- What fewer messages do not have

TEST_F(EvidenceTest, ALimitThatASmallerTransactionDoesNotReachAsksForFewerMessages) {
  make_numbers();
  database.run(
      "CREATE FUNCTION limit_of_3() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN IF (SELECT count(*) FROM made) > 3 "
      "THEN RAISE 'tuple decompression limit exceeded' USING ERRCODE = '53400', HINT = 'Raise some.setting.'; END IF; "
      "RETURN NULL; END $f$");
  database.run(
      "CREATE TRIGGER few AFTER INSERT ON numbers REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION "
      "limit_of_3()");
  auto batch = numbers(4);
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(written.outcome.too_large, batch::TooLarge::surely);
  EXPECT_THAT(written.outcome.message, HasSubstr("some.setting"));
  auto fewer = numbers(3);
  EXPECT_EQ(write(fewer).outcome.kind, OutcomeKind::committed);
}

TEST_F(EvidenceTest, NoTimeoutOfTheRoleEndsOurTransactions) {
  make_numbers();
  const std::string role = database.value("SELECT current_user");
  if (database.value("SELECT current_setting('server_version_num')::int >= 170000") == "t") {
    database.run("ALTER DATABASE " + database.value("SELECT current_database()") +
                 " SET transaction_timeout = '200ms'");
  }
  database.run("ALTER DATABASE " + database.value("SELECT current_database()") +
               " SET idle_in_transaction_session_timeout = '60ms'");
  make_trigger("numbers", "IF NEW.id = 0 THEN PERFORM pg_sleep(0.4); END IF; " + raise("NEW.id = 3", "P0002"));
  restart_pool();
  auto batch = numbers(5);
  batch.fresh();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(dead(), ElementsAre(ElementsAre("3", "P0002")));
}

}  // namespace
}  // namespace loom::sink::testing
