// Tables that are made of the schema beside Debezium's events, and grow with it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

#include "support/held_session.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AssertionResult;

class EvolveTest : public ServiceTest {
 protected:
  EvolveTest() : topic_(new_topic("evolve", 2)) {}

  void map_topic(const std::string& more) {
    map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n    " + more + "\n");
  }
  /// Events of a table with so many text columns c1, c2, ... beside `id` and `at`.
  void send_events(int from, int to, int columns) {
    std::string fields =
        R"({"field":"id","type":"int32","optional":false},{"field":"at","type":"int64","optional":true,)"
        R"("name":"io.debezium.time.MicroTimestamp","version":1})";
    for (int i = 1; i <= columns; ++i) {
      fields += fmt::format(R"(,{{"field":"c{}","type":"string","optional":true}})", i);
    }
    const std::string row = R"({"type":"struct","optional":true,"fields":[)" + fields + R"(],"field":)";
    const std::string schema = R"({"type":"struct","optional":false,"name":"shop.public.t.Envelope","fields":[)" + row +
                               R"("before"},)" + row + R"("after"},{"type":"string","field":"op","optional":false}]})";
    for (int id = from; id < to; ++id) {
      std::string values = fmt::format(R"("id":{},"at":1700000000123456)", id);
      for (int i = 1; i <= columns; ++i) values += fmt::format(R"(,"c{}":"{} of {}")", i, i, id);
      send(topic_, id % 2,
           fmt::format(R"({{"schema":{},"payload":{{"before":null,"after":{{{}}},"op":"c"}}}})", schema, values));
    }
  }
  AssertionResult stored() {
    producer().flush();
    return drained(topic_, seconds(30));
  }
  /// `name type, ...` in the table's own order.
  std::string columns() {
    return database().value(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = to_regclass('copies') AND attnum > 0 AND NOT attisdropped");
  }
  /// How many rows have their values in the first so many columns, and nothing behind.
  std::int64_t right(int columns, int all) {
    std::string where = "copies WHERE at = '2023-11-14 22:13:20.123456'";
    for (int i = 1; i <= all; ++i) {
      where += i <= columns ? fmt::format(" AND c{0} = '{0} of ' || id", i) : fmt::format(" AND c{} IS NULL", i);
    }
    return count(where);
  }

  const std::string topic_;
};

TEST_F(EvolveTest, TheTableIsMadeOfTheFirstEventAndGrowsWithLaterOnes) {
  map_topic("create_table: from_schema\n    evolve: add");
  send_events(0, 200, 1);
  producer().flush();
  start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  ASSERT_TRUE(stored());
  EXPECT_EQ(columns(), "id integer, at timestamp without time zone, c1 text");
  send_events(200, 400, 3);
  send_events(400, 500, 1);  // by a connector that does not know of it yet
  send_events(500, 600, 4);
  ASSERT_TRUE(stored());
  EXPECT_EQ(columns(), "id integer, at timestamp without time zone, c1 text, c2 text, c3 text, c4 text");
  EXPECT_EQ(right(1, 4), 300);
  EXPECT_EQ(right(3, 4), 200);
  EXPECT_EQ(right(4, 4), 100);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(EvolveTest, ATopicThatIsStillEmptyHasItsTableWithItsFirstEvent) {
  map_topic("create_table: from_schema");
  auto& service = start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("its table cannot be made yet"); }));
  send_events(0, 100, 2);
  ASSERT_TRUE(stored());
  EXPECT_EQ(right(2, 2), 100);
}

TEST_F(EvolveTest, AMappingIsReadAgainWhileTopicsWaitForTheirFirstEvents) {
  const std::string other = new_topic("other", 1);
  map_topic("create_table: from_schema");
  auto& service = start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("its table cannot be made yet"); }));
  map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n    create_table: " +
      "from_schema\n  " + other + ":\n    table: others\n    upsert_key: [id]\n    changes: debezium\n    " +
      "create_table: from_schema\n");
  service.send(SIGHUP);
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("1 topic added"); }));
  send_events(0, 100, 2);
  ASSERT_TRUE(stored());
  EXPECT_EQ(right(2, 2), 100);
}

TEST_F(EvolveTest, WhereTheColumnMayNotBeTheTopicGoesOnWithoutIt) {
  map_topic("evolve: add");
  migrate();
  database().run(
      "CREATE TABLE copies (id int PRIMARY KEY, at timestamp, c1 text);"
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not in this house'; END $$;"
      "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()");
  auto& service = start();
  send_events(0, 200, 2);
  send_events(200, 400, 3);
  ASSERT_TRUE(stored());
  EXPECT_EQ(right(1, 1), 400);
  EXPECT_EQ(columns(), "id integer, at timestamp without time zone, c1 text");
  for (const char* column : {"c2", "c3"}) {
    const std::string says = fmt::format("copies gets no column {} for a field", column);
    const auto first = service.log().find(says);
    ASSERT_NE(first, std::string::npos) << column;
    EXPECT_EQ(service.log().find(says, first + 1), std::string::npos) << "once";
  }
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(EvolveTest, ATableThatSomebodyLooksAtForLongHoldsTheTopicBackAndLosesNothing) {
  map_topic("evolve: add");
  database().run("CREATE TABLE copies (id int PRIMARY KEY, at timestamp, c1 text)");
  auto& service = start();
  send_events(0, 100, 1);
  ASSERT_TRUE(stored());
  HeldSession reader(database().url());
  reader.run("BEGIN; LOCK TABLE copies IN ACCESS SHARE MODE");
  send_events(100, 200, 2);
  producer().flush();
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("cannot add column c2 to copies"); }));
  EXPECT_EQ(count("copies"), 100);
  reader.run("COMMIT");
  ASSERT_TRUE(stored());
  EXPECT_EQ(right(2, 2), 100);
}

TEST_F(EvolveTest, TypesOfTheMappingGoFirst) {
  map_topic("evolve: add\n    data_types: {at: timestamp_us, c2: json}");
  database().run("CREATE TABLE copies (id int PRIMARY KEY, c1 text)");
  start();
  send_events(0, 10, 1);
  ASSERT_TRUE(stored());
  EXPECT_EQ(columns(), "id integer, c1 text, at timestamp with time zone");
  EXPECT_EQ(count("copies WHERE at = '2023-11-14 22:13:20.123456+00'"), 10);
}

TEST_F(EvolveTest, CreateTablesMakesItBeforeTheServiceRuns) {
  map_topic("create_table: from_schema");
  auto none = command({"create-tables"});
  EXPECT_NE(none.exit_code, 0);
  EXPECT_THAT(none.err, ::testing::HasSubstr("none of its records"));
  send_events(0, 10, 2);
  producer().flush();
  const auto made = command({"create-tables"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(columns(), "id integer, at timestamp without time zone, c1 text, c2 text");
}

}  // namespace
}  // namespace loom::testing
