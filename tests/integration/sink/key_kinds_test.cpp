// Keys that are equal for the database and not byte for byte: citext, numbers, columns that round or pad, collations.
#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A key type with two spellings of one value, and another value.
struct KeyKind {
  std::string name;
  std::string setup;
  std::string type;
  std::string one;
  std::string same;
  std::string other;
};
void PrintTo(const KeyKind& kind, std::ostream* out) { *out << kind.name; }

class KeyKindTest : public SinkTest, public ::testing::WithParamInterface<KeyKind> {
 protected:
  KeyKindTest() {
    const KeyKind& kind = GetParam();
    if (!kind.setup.empty()) database.run(kind.setup);
    database.run("CREATE TABLE h (k " + kind.type + " PRIMARY KEY, v int, w int)");
  }
  std::shared_ptr<const mapping::TopicPlan> with(const std::string& strategy) {
    return mapped("    table: h\n    field_mappings: {k: k, v: v, w: w}\n    upsert_key: k\n    conflict_strategy: " +
                  strategy + "\n");
  }
  static std::string message(const std::string& key, const std::string& rest) {
    return R"({"k": )" + key + ", " + rest + "}";
  }
  void expect_stored(const std::shared_ptr<const mapping::TopicPlan>& plan, const std::vector<std::string>& messages) {
    const auto written = store(plan, messages);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
  /// What the table holds, and empties it.
  std::string taken() {
    std::string found = database.value("SELECT string_agg(concat_ws('/', v, w), ' ' ORDER BY v) FROM h");
    database.run("TRUNCATE h");
    return found;
  }
};

TEST_P(KeyKindTest, IsOneKeyInEverySpelling) {
  const KeyKind& kind = GetParam();
  {
    SCOPED_TRACE("update goes by the order in which the messages came");
    const auto plan = with("update");
    expect_stored(plan, {message(kind.one, R"("v": 1)")});
    expect_stored(plan, {message(kind.other, R"("v": 0)"), message(kind.same, R"("v": 3, "w": 1)"),
                         message(kind.one, R"("v": 4)")});
    EXPECT_EQ(taken(), "0 4/1");
  }
  {
    SCOPED_TRACE("one batch with both spellings and one set of columns");
    expect_stored(with("update"), {message(kind.one, R"("v": 1, "w": 1)"), message(kind.other, R"("v": 0, "w": 0)"),
                                   message(kind.same, R"("v": 2, "w": 2)")});
    EXPECT_EQ(taken(), "0/0 2/2");
  }
  {
    SCOPED_TRACE("ignore keeps the first");
    expect_stored(with("ignore"), {message(kind.other, R"("v": 0)"), message(kind.one, R"("v": 3, "w": 1)"),
                                   message(kind.same, R"("v": 4)")});
    EXPECT_EQ(taken(), "0 3/1");
  }
  {
    SCOPED_TRACE("replace keeps the last, under the first one's spelling");
    const auto plan = with("replace");
    expect_stored(plan, {message(kind.one, R"("v": 4)")});
    const std::string spelling = database.value("SELECT k::text FROM h");
    database.run("TRUNCATE h");
    expect_stored(plan, {message(kind.one, R"("v": 3, "w": 1)"), message(kind.other, R"("v": 0)"),
                         message(kind.same, R"("v": 4)")});
    EXPECT_EQ(database.value("SELECT k::text FROM h WHERE v = 4"), spelling);
    EXPECT_EQ(taken(), "0 4");
  }
  {
    SCOPED_TRACE("twice in one message's list the last wins");
    const auto plan = mapped(R"(    table: h
    array_mappings:
      rows:
        element_mappings: {k: k, v: v, w: w}
    field_mappings: {nothing: w}
    upsert_key: k
    conflict_strategy: update
)");
    expect_stored(plan, {R"({"rows": [)" + message(kind.one, R"("v": 1, "w": 1)") + "," +
                         message(kind.same, R"("v": 2)") + "," + message(kind.other, R"("v": 0)") + "]}"});
    EXPECT_EQ(taken(), "0 2/1");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, KeyKindTest,
    ::testing::Values(
        KeyKind{"citext", "CREATE EXTENSION citext", "citext", R"("Ab")", R"("aB")", R"("zz")"},
        KeyKind{"domain over citext", "CREATE EXTENSION citext; CREATE DOMAIN name_of AS citext", "name_of", R"("Ab")",
                R"("AB")", R"("zz")"},
        KeyKind{"numeric", "", "numeric", "1.0", "1.00", "2"},
        KeyKind{"numeric(6,2)", "", "numeric(6,2)", "1.004", "0.996", "2"},
        KeyKind{"float8", "", "double precision", "0", "-0.0", "1"}, KeyKind{"real", "", "real", "0.0", "-0.0", "1"},
        KeyKind{"char(4)", "", "char(4)", R"("ab")", R"("ab  ")", R"("b")"},
        KeyKind{"varchar(3)", "", "varchar(3)", R"("abc")", R"("abc  ")", R"("b")"},
        KeyKind{"timestamptz(3)", "", "timestamptz(3)", R"("2024-05-06T07:08:09.1234Z")",
                R"("2024-05-06T07:08:09.1233Z")", R"("2025-01-01")"},
        KeyKind{"timestamp(0)", "", "timestamp(0)", R"("2024-05-06T07:08:09.4Z")", R"("2024-05-06T07:08:08.6Z")",
                R"("2025-01-01")"},
        KeyKind{"time(1)", "", "time(1)", R"("07:08:09.12")", R"("07:08:09.11")", R"("10:00")"},
        KeyKind{"collation", "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "text COLLATE ci", R"("Ab")", R"("aB")", R"("zz")"},
        KeyKind{"jsonb", "", "jsonb", R"({"a": 1.0, "b": 2})", R"({"b":2,"a":1.00})", "7"},
        KeyKind{"int4range", "", "int4range", R"j("[1,3)")j", R"("[1,2]")", R"j("[9,10)")j"},
        KeyKind{"interval", "", "interval", R"("1 day")", R"("24 hours")", R"("2 days")"},
        KeyKind{"macaddr", "", "macaddr", R"("08:00:2b:01:02:03")", R"("08002b-010203")", R"("00:00:00:00:00:01")"},
        KeyKind{"ltree", "CREATE EXTENSION ltree", "ltree", R"("a.b")", R"("a.b")", R"("c")"},
        KeyKind{"hstore", "CREATE EXTENSION hstore", "hstore", R"("a=>1, b=>2")", R"("b=>2,a=>1")", R"("c=>3")"},
        KeyKind{"text[]", "", "text[]", R"(["a", "b"])", R"("[\"a\",\"b\"]")", R"(["c"])"},
        KeyKind{"numeric[]", "", "numeric[]", "[1.0, 2]", "[1, 2.00]", "[3]"},
        KeyKind{"uuid", "", "uuid", R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")",
                R"("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}")", R"("00000000-0000-0000-0000-000000000001")"},
        KeyKind{"inet", "", "inet", R"("10.0.0.1")", R"("10.0.0.1/32")", R"("10.0.0.2")"},
        KeyKind{"timestamptz", "", "timestamptz", R"("2024-05-06T07:08:09Z")", R"("2024-05-06T09:08:09+02:00")",
                R"("2025-01-01")"},
        KeyKind{"bigint", "", "bigint", "7", R"("7.9")", "8"},
        KeyKind{"text", "", "text", R"("A")", R"("\u0041")", R"("b")"}));

class OddKeyTest : public SinkTest {
 protected:
  std::shared_ptr<const mapping::TopicPlan> keyed(const std::string& more = "conflict_strategy: update") {
    return mapped("    table: h\n    field_mappings: {k: k, n: n, v: v}\n    upsert_key: [k, n]\n    " + more + "\n");
  }
  void expect_stored(const std::shared_ptr<const mapping::TopicPlan>& plan, const std::vector<std::string>& messages) {
    const auto written = store(plan, messages);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
};

TEST_F(OddKeyTest, NullsThatAreNotDistinctAreOneKey) {
  if (database.value("SELECT current_setting('server_version_num')::int < 150000") == "t") GTEST_SKIP();
  database.run("CREATE TABLE h (k text, n text, v int, UNIQUE NULLS NOT DISTINCT (k, n))");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a", "v": 1})", R"({"k": "a", "n": "x", "v": 2})", R"({"k": "a", "v": 3})"});
  expect_stored(plan, {R"({"k": "b", "v": 5})", R"({"k": "a", "v": 4})"});
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h ORDER BY 1, 2"),
              ElementsAre(ElementsAre("a", "x", "2"), ElementsAre("a", "NULL", "4"), ElementsAre("b", "NULL", "5")));
}

TEST_F(OddKeyTest, NullsAreDistinctBesideColumnsThatOnlyTheDatabaseCompares) {
  database.run("CREATE EXTENSION citext; CREATE TABLE h (k citext, n text, v int, UNIQUE (k, n))");
  expect_stored(keyed(), {R"({"k": "a", "v": 1})", R"({"k": "A", "v": 2})", R"({"k": "a", "n": "x", "v": 3})",
                          R"({"k": "A", "n": "x", "v": 4})"});
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h ORDER BY v"),
              ElementsAre(ElementsAre("a", "NULL", "1"), ElementsAre("A", "NULL", "2"), ElementsAre("a", "x", "4")));
}

TEST_F(OddKeyTest, AnIndexMayCompareByACollationOfItsOwn) {
  database.run("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  database.run("CREATE TABLE h (k text, n text, v int); CREATE UNIQUE INDEX ON h (k COLLATE ci, n)");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "Ab", "n": "x", "v": 1})"});
  expect_stored(plan, {R"({"k": "aB", "n": "x", "v": 2})", R"({"k": "AB", "n": "x", "v": 3})"});
  EXPECT_THAT(database.rows("SELECT k, v FROM h"), ElementsAre(ElementsAre("Ab", "3")));
}

TEST_F(OddKeyTest, TheOperatorsOfAnExtensionNeedNotBeInTheSearchPath) {
  database.run("CREATE SCHEMA away; CREATE EXTENSION ltree SCHEMA away; CREATE EXTENSION citext SCHEMA away");
  database.run("CREATE TABLE h (k away.ltree, n away.citext, v int, PRIMARY KEY (k, n))");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a.b", "n": "x", "v": 1})"});
  expect_stored(plan, {R"({"k": "a.b", "n": "X", "v": 2})", R"({"k": "a.b", "n": "x", "v": 3})"});
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h"), ElementsAre(ElementsAre("a.b", "x", "3")));
}

TEST_F(OddKeyTest, ADomainOverATypeWhoseOperatorsArePolymorphic) {
  database.run(
      "CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS e; CREATE DOMAIN l AS int[];"
      "CREATE TABLE h (k d, n l, v int, PRIMARY KEY (k, n))");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a", "n": [1], "v": 1})"});
  expect_stored(plan, {R"({"k": "a", "n": [1], "v": 2})", R"({"k": "b", "n": [1], "v": 3})"});
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h ORDER BY v"),
              ElementsAre(ElementsAre("a", "{1}", "2"), ElementsAre("b", "{1}", "3")));
}

TEST_F(OddKeyTest, ADefaultThatIsTheSameForAllRowsOfATransactionIsOneKey) {
  database.run("CREATE TABLE h (k text, n date DEFAULT CURRENT_DATE, v int, w int, PRIMARY KEY (k, n))");
  const auto with = [&](const std::string& strategy) {
    return mapped(
        "    table: h\n    field_mappings: {k: k, n: n, v: v, w: w}\n    upsert_key: [k, n]\n"
        "    conflict_strategy: " +
        strategy + "\n");
  };
  const std::vector<std::string> messages{R"({"k": "z", "v": 9})", R"({"k": "q", "v": 3, "w": 1})",
                                          R"({"k": "q", "v": 4})", R"({"k": "q", "n": "2001-01-01", "v": 5})"};
  expect_stored(with("update"), {R"({"k": "q", "v": 0})"});
  expect_stored(with("update"), messages);
  const auto found = [&] {
    return database.value("SELECT string_agg(concat_ws('/', k, v, w), ' ' ORDER BY v) FROM h");
  };
  EXPECT_EQ(found(), "q/4/1 q/5 z/9");
  database.run("DELETE FROM h WHERE k <> 'z'");
  expect_stored(with("ignore"), messages);
  EXPECT_EQ(found(), "q/3/1 q/5 z/9");
}

TEST_F(OddKeyTest, ADefaultThatIsNewForEachRowIsAKeyOfItsOwn) {
  database.run("CREATE TABLE h (k bigserial, n numeric DEFAULT random(), v int, PRIMARY KEY (k, n))");
  expect_stored(keyed(),
                {R"({"v": 1})", R"({"v": 2})", R"({"k": 7, "n": 1.0, "v": 3})", R"({"k": 7, "n": 1.00, "v": 4})"});
  EXPECT_EQ(database.value("SELECT string_agg(v::text, ' ' ORDER BY v) FROM h"), "1 2 4");
}

TEST_F(OddKeyTest, OfTwoIndexesOnTheColumnsTheOneThatComparesMoreLooselyCounts) {
  database.run("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  database.run(
      "CREATE TABLE h (k text, n text, v int, PRIMARY KEY (k, n)); CREATE UNIQUE INDEX ON h (k COLLATE ci, n)");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "Ab", "n": "x", "v": 0})"});
  expect_stored(plan,
                {R"({"k": "zz", "n": "x", "v": 1})", R"({"k": "aB", "n": "x", "v": 3})", R"({"k": "Ab", "n": "x"})"});
  EXPECT_THAT(database.rows("SELECT k, v FROM h ORDER BY v"),
              ElementsAre(ElementsAre("zz", "1"), ElementsAre("Ab", "3")));
}

TEST_F(OddKeyTest, ACompositeValueOfNullsIsNoNull) {
  database.run("CREATE TYPE pair AS (x int, y text); CREATE TABLE h (k pair, n text, v int, PRIMARY KEY (k, n))");
  const auto plan = keyed("conflict_strategy: ignore");
  expect_stored(plan, {R"j({"k": "(9,z)", "n": "x", "v": 0})j"});
  expect_stored(plan, {R"j({"k": "(9,z)", "n": "x", "v": 7})j", R"j({"k": "(,)", "n": "x", "v": 1})j",
                       R"j({"k": "(,)", "n": "x", "v": 2})j"});
  EXPECT_EQ(database.value("SELECT string_agg(v::text, ' ' ORDER BY v) FROM h"), "0 1");
}

TEST_F(OddKeyTest, ABadKeyIsTheOnlyDeadLetter) {
  database.run("CREATE EXTENSION ltree; CREATE TABLE h (k ltree, n numeric(4,2), v int, PRIMARY KEY (k, n))");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a", "n": 1, "v": 1})"});
  const auto written = store(plan, {R"({"k": "a", "n": 1.0, "v": 2})", R"({"k": "a..b", "n": 1, "v": 3})",
                                    R"({"k": "a", "n": 1.001, "v": 4})"});
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h"), ElementsAre(ElementsAre("a", "1.00", "4")));
  EXPECT_THAT(database.rows("SELECT \"offset\" FROM kafka_dead_letters"), ElementsAre(ElementsAre("2")));
}

TEST_F(OddKeyTest, AnIdentityColumnTakesTheMessagesValueWhereTheMappingSaysSo) {
  database.run("CREATE TABLE h (k bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text, v int)");
  const std::string fields =
      "    table: h\n    field_mappings: {k: k, n: n, v: v}\n    upsert_key: k\n"
      "    conflict_strategy: update\n";
  try {
    mapped(fields);
    FAIL() << "it is written without a word";
  } catch (const std::runtime_error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("identity: given"));
  }
  const auto plan = mapped(fields + "    identity: given\n");
  expect_stored(plan, {R"({"k": 7, "n": "a", "v": 1})"});
  expect_stored(plan, {R"({"k": 7, "v": 2})", R"({"k": 8, "n": "b"})", R"({"n": "its own"})"});
  EXPECT_THAT(
      database.rows("SELECT k, n, v FROM h ORDER BY k"),
      ElementsAre(ElementsAre("1", "its own", "NULL"), ElementsAre("7", "a", "2"), ElementsAre("8", "b", "NULL")));
}

TEST_F(OddKeyTest, AnIdentityValueStaysAsTheFirstRowOfABatchHadIt) {
  database.run("CREATE TABLE h (k int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, v int)");
  for (const char* strategy : {"update", "replace"}) {
    SCOPED_TRACE(strategy);
    database.run("TRUNCATE h");
    const auto plan = mapped(
        "    table: h\n    field_mappings: {k: k, n: n, v: v}\n    upsert_key: k\n    identity: given\n"
        "    conflict_strategy: " +
        std::string(strategy) + "\n");
    expect_stored(plan, {R"({"k": 1, "n": 100, "v": 1})"});
    expect_stored(plan,
                  {R"({"k": 1, "n": 101, "v": 2})", R"({"k": 2, "n": 7, "v": 1})", R"({"k": 2, "n": 8, "v": 5})"});
    EXPECT_THAT(database.rows("SELECT k, n, v FROM h ORDER BY k"),
                ElementsAre(ElementsAre("1", "100", "2"), ElementsAre("2", "7", "5")));
  }
}

TEST_F(OddKeyTest, ATriggerThatReturnsNothingKeepsARowOut) {
  database.run(
      "CREATE TABLE h (k text, n text, v int, PRIMARY KEY (k, n)); CREATE FUNCTION quiet() RETURNS trigger "
      "LANGUAGE plpgsql AS 'BEGIN IF NEW.v < 0 THEN RETURN NULL; END IF; RETURN NEW; END';"
      "CREATE TRIGGER quiet BEFORE INSERT ON h FOR EACH ROW EXECUTE FUNCTION quiet()");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a", "n": "x", "v": 1})", R"({"k": "b", "n": "x", "v": -1})"});
  expect_stored(plan, {R"({"k": "a", "n": "x", "v": -2})", R"({"k": "a", "n": "y", "v": 3})"});
  EXPECT_THAT(database.rows("SELECT k, n, v FROM h ORDER BY n"),
              ElementsAre(ElementsAre("a", "x", "1"), ElementsAre("a", "y", "3")));
}

TEST_F(OddKeyTest, AVirtualGeneratedColumnIsNotWritten) {
  if (database.value("SELECT current_setting('server_version_num')::int < 180000") == "t") {
    GTEST_SKIP() << "PostgreSQL 18 has them first";
  }
  database.run(
      "CREATE TABLE h (k text, n text, v int, twice int GENERATED ALWAYS AS (v * 2) VIRTUAL, PRIMARY KEY (k, n))");
  const auto plan = keyed();
  expect_stored(plan, {R"({"k": "a", "n": "x", "v": 1, "twice": 7})"});
  expect_stored(plan, {R"({"k": "a", "n": "x", "v": 2})"});
  EXPECT_THAT(database.rows("SELECT v, twice FROM h"), ElementsAre(ElementsAre("2", "4")));
}

}  // namespace
}  // namespace loom::sink::testing
