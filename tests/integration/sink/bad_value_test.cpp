// Values that their column's type cannot read, whatever code that type has for it.
#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct BadValue {
  std::string type;
  std::string good;
  std::string bad;
  std::string extension;
};
void PrintTo(const BadValue& value, std::ostream* out) { *out << value.type; }

class ValueOfATypeTest : public SinkTest, public ::testing::WithParamInterface<BadValue> {
 protected:
  ValueOfATypeTest() {
    const BadValue& value = GetParam();
    if (!value.extension.empty()) database.run("CREATE EXTENSION " + value.extension);
    database.run("CREATE TABLE h (id bigint PRIMARY KEY, v " + value.type + ")");
  }

  void expect_only_the_bad_one_rejected(bool merge) {
    auto batch = next_batch(plan("h", {"id"}));
    for (int i = 0; i < 3; ++i)
      batch.add({{"id", std::to_string(i)}, {"v", i == 1 ? GetParam().bad : GetParam().good}});
    batch.fresh();
    if (merge) batch.prefer_merge();
    const auto written = write(batch);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_THAT(database.rows("SELECT id FROM h ORDER BY id"), ElementsAre(ElementsAre("0"), ElementsAre("2")));
    EXPECT_THAT(database.rows("SELECT \"offset\" FROM kafka_dead_letters"), ElementsAre(ElementsAre("1")));
    EXPECT_EQ(stored_offset(), 3);
  }
};

TEST_P(ValueOfATypeTest, ThatItsColumnCannotReadIsTheOnlyDeadLetter) { expect_only_the_bad_one_rejected(false); }

TEST_P(ValueOfATypeTest, IsFoundInAMergeToo) { expect_only_the_bad_one_rejected(true); }

TEST_P(ValueOfATypeTest, ThatIsAloneIsADeadLetter) {
  auto batch = next_batch(plan("h", {"id"}));
  batch.add({{"id", "1"}, {"v", GetParam().bad}}).fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(count("kafka_dead_letters"), "1");
}

INSTANTIATE_TEST_SUITE_P(
    Types, ValueOfATypeTest,
    ::testing::Values(BadValue{"ltree", "a.b", "a..b", "ltree"}, BadValue{"lquery", "a.*", "a..", "ltree"},
                      BadValue{"hstore", "a=>1", "a=>", "hstore"}, BadValue{"cube", "(1,2)", "(1", "cube"},
                      BadValue{"tsquery", "a & b", "a &", ""}, BadValue{"jsonpath", "$.a", "$[", ""},
                      BadValue{"regclass", "pg_class", "no_such_table", ""},
                      BadValue{"regtype", "bigint", "no_such_type", ""}, BadValue{"int4range", "[1,2)", "[2,1)", ""},
                      BadValue{"point", "(1,2)", "here", ""}));

class BadValueTest : public SinkTest {};

TEST_F(BadValueTest, IsNobodysFaultBeforeTheCatalogWasReadAgain) {
  database.run("CREATE TABLE h (id bigint, v tsquery)");
  auto batch = next_batch(plan("h"));
  batch.add({{"id", "0"}, {"v", "a"}}).add({{"id", "1"}, {"v", "a &"}});
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::catalog_changed);
  EXPECT_EQ(count("h"), "0");
  EXPECT_EQ(stored_offset(), 0);
  EXPECT_EQ(count("kafka_dead_letters"), "0");
}

TEST_F(BadValueTest, IsNamedWithItsColumn) {
  database.run("CREATE TABLE h (id bigint, a tsquery, b tsquery)");
  auto batch = next_batch(plan("h"));
  batch.add({{"id", "0"}, {"a", "x"}, {"b", "x &"}}).fresh();
  ASSERT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_THAT(database.value("SELECT message FROM kafka_dead_letters"), HasSubstr("(column `b`)"));
}

}  // namespace
}  // namespace loom::sink::testing
