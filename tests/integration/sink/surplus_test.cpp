// A list that comes back shorter takes the rows beyond its end with it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using ::testing::IsEmpty;
using Rows = loom::testing::Rows;

class SurplusTest : public SinkTest {
 protected:
  SurplusTest() {
    database.run(
        "CREATE TABLE orders (id bigint PRIMARY KEY, who text);"
        "CREATE TABLE items (order_id bigint REFERENCES orders, pos int, sku text, n int, PRIMARY KEY (order_id, "
        "pos))");
  }
  std::shared_ptr<const mapping::TopicPlan> orders(const std::string& strategy, const std::string& surplus = "") {
    return mapped(R"(    table: orders
    field_mappings: {id: id, who: who}
    upsert_key: id
    conflict_strategy: )" +
                  strategy + R"(
    array_mappings:
      items:
        table: items
        foreign_key_mapping: {order_id: id}
        element_mappings: {sku: sku, n: n}
        sequence_field: pos
)" + (surplus.empty() ? "" : "        surplus: " + surplus + "\n"));
  }
  void expect_stored(const std::shared_ptr<const mapping::TopicPlan>& plan, const std::vector<std::string>& messages) {
    const auto written = store(plan, messages);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
  Rows items() { return database.rows("SELECT order_id, pos, sku, n FROM items ORDER BY 1, 2"); }

  static constexpr const char* kThree =
      R"({"id": 1, "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}, {"sku": "c", "n": 3}]})";
  static constexpr const char* kOne = R"({"id": 1, "items": [{"sku": "x"}]})";
};

TEST_F(SurplusTest, UpdateDeletesTheRowsBeyondAShorterList) {
  const auto plan = orders("update");
  expect_stored(plan, {kThree, R"({"id": 2, "items": [{"sku": "d"}, {"sku": "e"}]})"});
  expect_stored(plan, {kOne});
  EXPECT_EQ(items(), (Rows{{"1", "0", "x", "1"}, {"2", "0", "d", "NULL"}, {"2", "1", "e", "NULL"}}));
}

TEST_F(SurplusTest, UpdateLeavesThemWhereTheMessageHasNoList) {
  const auto plan = orders("update");
  expect_stored(plan, {kThree});
  expect_stored(plan, {R"({"id": 1, "who": "me"})", R"({"id": 1, "items": null})"});
  EXPECT_EQ(count("items"), "3");
  expect_stored(plan, {R"({"id": 1, "items": []})"});
  EXPECT_EQ(count("items"), "0");
}

TEST_F(SurplusTest, ReplaceDeletesThemAlsoWhereTheMessageHasNoList) {
  const auto plan = orders("replace");
  expect_stored(plan, {kThree});
  expect_stored(plan, {R"({"id": 1, "who": "me"})"});
  EXPECT_THAT(items(), IsEmpty());
}

TEST_F(SurplusTest, IgnoreAndKeepLeaveThem) {
  const auto ignore = orders("ignore");
  expect_stored(ignore, {kThree});
  expect_stored(ignore, {kOne});
  EXPECT_EQ(count("items"), "3");
  const auto keep = orders("update", "keep");
  expect_stored(keep, {kOne});
  EXPECT_EQ(items(), (Rows{{"1", "0", "x", "1"}, {"1", "1", "b", "2"}, {"1", "2", "c", "3"}}));
}

TEST_F(SurplusTest, WithinOneBatchTheOrderOfTheMessagesDecides) {
  expect_stored(orders("update"), {kThree, kOne, R"({"id": 1, "items": [{"n": 7}, {"n": 8}]})"});
  EXPECT_EQ(items(), (Rows{{"1", "0", "x", "7"}, {"1", "1", "NULL", "8"}}));
}

TEST_F(SurplusTest, ALongBatchOfRepeatsIsNoOtherThanAShortOne) {
  std::vector<std::string> messages;
  messages.reserve(1'500);
  for (int i = 0; i < 1'000; ++i) {
    messages.push_back(fmt::format(R"({{"id": {}, "items": [{{"sku": "a"}}, {{"sku": "b"}}]}})", i));
  }
  for (int i = 0; i < 1'000; i += 2) messages.push_back(fmt::format(R"({{"id": {}, "items": [{{"sku": "z"}}]}})", i));
  expect_stored(orders("update"), messages);
  EXPECT_EQ(count("items"), "1500");
  EXPECT_EQ(count("items WHERE order_id % 2 = 0 AND (pos, sku) <> (0, 'z')"), "0");
}

TEST_F(SurplusTest, ABadMessageTakesNoRowsAway) {
  database.run("ALTER TABLE orders ADD CHECK (who <> 'nobody')");
  const auto plan = orders("update");
  expect_stored(plan, {kThree});
  const auto written = store(plan, {R"({"id": 1, "who": "nobody", "items": []})", R"({"id": 3, "items": [{"n": 1}]})"});
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(count("kafka_dead_letters"), "1");
  EXPECT_EQ(count("items"), "4");
}

TEST_F(SurplusTest, KeysThatOnlyTheDatabaseComparesNameOneList) {
  database.run(
      "CREATE EXTENSION citext; CREATE TABLE o2 (id citext PRIMARY KEY);"
      "CREATE TABLE i2 (order_id citext, pos int, sku text, PRIMARY KEY (order_id, pos))");
  const auto plan = mapped(R"(    table: o2
    field_mappings: {id: id}
    upsert_key: id
    conflict_strategy: update
    array_mappings:
      items:
        table: i2
        foreign_key_mapping: {order_id: id}
        element_mappings: {sku: sku}
        sequence_field: pos
)");
  expect_stored(plan, {R"({"id": "Ab", "items": [{"sku": "a"}, {"sku": "b"}, {"sku": "c"}]})"});
  expect_stored(plan,
                {R"({"id": "AB", "items": [{"sku": "d"}, {"sku": "e"}]})", R"({"id": "aB", "items": [{"sku": "f"}]})"});
  EXPECT_EQ(database.rows("SELECT order_id, pos, sku FROM i2"), (Rows{{"Ab", "0", "f"}}));
}

TEST_F(SurplusTest, AListThatTheParentsKeyDoesNotTellIsShortenedToo) {
  database.run(
      "CREATE TABLE days (device text, at int, period text, PRIMARY KEY (device, at));"
      "CREATE TABLE uses (device text, period text, pos int, app text, PRIMARY KEY (device, period, pos))");
  for (const char* strategy : {"update", "replace"}) {
    SCOPED_TRACE(strategy);
    database.run("TRUNCATE days, uses");
    const auto plan = mapped(R"(    table: days
    field_mappings: {device: device, at: at, period: period}
    upsert_key: [device, at]
    conflict_strategy: )" + std::string(strategy) +
                             R"(
    array_mappings:
      apps:
        table: uses
        foreign_key_mapping: {device: device, period: period}
        element_mappings: {app: app}
        sequence_field: pos
)");
    expect_stored(plan, {R"({"device": "d", "at": 1, "period": "p", "apps": [{"app": "a"}, {"app": "b"}]})"});
    expect_stored(plan, {R"({"device": "d", "at": 2, "period": "p", "apps": []})"});
    EXPECT_EQ(count("uses"), "0");
    expect_stored(plan, {R"({"device": "d", "at": 3, "period": "p", "apps": [{"app": "a"}]})",
                         R"({"device": "d", "at": 4, "period": "p", "apps": []})"});
    EXPECT_EQ(count("uses"), "0");
  }
}

TEST_F(SurplusTest, WhereADefaultGivesAPartOfTheKeyNothingIsDeleted) {
  database.run(
      "CREATE TABLE o3 (day date DEFAULT CURRENT_DATE, id int, PRIMARY KEY (day, id));"
      "CREATE TABLE i3 (day date DEFAULT CURRENT_DATE, order_id int, pos int, sku text, PRIMARY KEY (order_id, day, "
      "pos))");
  const auto plan = mapped(R"(    table: o3
    field_mappings: {day: day, id: id}
    upsert_key: [day, id]
    conflict_strategy: update
    array_mappings:
      items:
        table: i3
        foreign_key_mapping: {order_id: id, day: day}
        element_mappings: {sku: sku}
        sequence_field: pos
)");
  expect_stored(plan, {R"({"id": 1, "items": [{"sku": "a"}, {"sku": "b"}]})"});
  expect_stored(plan, {R"({"id": 1, "items": [{"sku": "x"}]})"});
  EXPECT_EQ(database.rows("SELECT pos, sku FROM i3 ORDER BY 1"), (Rows{{"0", "x"}, {"1", "b"}}));
  expect_stored(plan, {R"({"id": 2, "day": "2024-01-01", "items": [{"sku": "a"}, {"sku": "b"}]})"});
  expect_stored(plan, {R"({"id": 2, "day": "2024-01-01", "items": [{"sku": "x"}]})"});
  EXPECT_EQ(count("i3 WHERE order_id = 2"), "1");
}

TEST_F(SurplusTest, WhereTheRowsCannotBeToldItIsAnErrorToAskForIt) {
  database.run("ALTER TABLE items DROP CONSTRAINT items_pkey");
  try {
    orders("update", "delete");
    FAIL() << "it is taken without a word";
  } catch (const std::runtime_error& refused) {
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("unique index"));
  }
  expect_stored(orders("update"), {kThree});  // by default nothing is deleted there
}

TEST_F(SurplusTest, ALargeChildTableIsFoundThroughItsIndex) {
  database.run(
      "INSERT INTO orders SELECT g FROM generate_series(1, 50000) g;"
      "INSERT INTO items SELECT g, p, 's' FROM generate_series(1, 50000) g, generate_series(0, 3) p; ANALYZE");
  expect_stored(orders("update"), {kOne});
  EXPECT_EQ(count("items"), "199997");
}

}  // namespace
}  // namespace loom::sink::testing
