// What `validate --database` and `create-tables` say about a database that the mapping has outgrown.
#include <gmock/gmock.h>

#include "support/held_session.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MappingCommandsTest : public ServiceTest {
 protected:
  void map_readings(const std::string& more_fields, const std::string& more_types) {
    map("  readings:\n    table: readings\n    field_mappings: {id: id, value: value" + more_fields +
        "}\n    data_types: {id: integer, value: float" + more_types + "}\n    upsert_key: [id]\n");
  }
};

TEST_F(MappingCommandsTest, ValidateSaysWhichMigrationsAreMissing) {
  map_readings("", "");
  ASSERT_EQ(command({"create-tables"}).exit_code, 0);
  const CommandResult without = command({"validate", "--database"}, {{"LOOM_AUTO_MIGRATE", "false"}});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, AllOf(HasSubstr("error: the database lacks migrations: 001, "), HasSubstr("Run `migrate`")));
  const CommandResult by_itself = command({"validate", "--database"}, {{"LOOM_AUTO_MIGRATE", "true"}});
  EXPECT_EQ(by_itself.exit_code, 0) << by_itself.err;
  EXPECT_THAT(by_itself.err, HasSubstr("warning: the database lacks migrations: 001, "));
  EXPECT_EQ(command({"validate", "--database", "--strict"}, {{"LOOM_AUTO_MIGRATE", "true"}}).exit_code, 2);
  migrate();
  const CommandResult with = command({"validate", "--database", "--strict"}, {{"LOOM_AUTO_MIGRATE", "false"}});
  EXPECT_EQ(with.exit_code, 0) << with.err;
}

TEST_F(MappingCommandsTest, CreateTablesNamesTheColumnsThatATableLacksAndAddsThemOnlyWhenTold) {
  map_readings("", "");
  ASSERT_EQ(command({"create-tables"}).exit_code, 0);
  database().run("INSERT INTO readings VALUES (1, 2.5)");
  map_readings(", unit: unit, at: at, price: price", ", unit: string, at: timestamp, price: 'decimal(12,2)'");
  migrate();
  const CommandResult before = command({"validate", "--database"});
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_THAT(before.err,
              HasSubstr("`readings` has no column `unit`; its columns: id, value. `create-tables --alter`"));

  const CommandResult told = command({"create-tables"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(
      told.out,
      AllOf(HasSubstr("lacking readings.unit: ALTER TABLE \"readings\" ADD COLUMN IF NOT EXISTS \"unit\" TEXT;"),
            HasSubstr("\"at\" TIMESTAMPTZ;"), HasSubstr("\"price\" NUMERIC(12,2);")));
  EXPECT_EQ(count("pg_attribute WHERE attrelid = 'readings'::regclass AND attnum > 0"), 2);

  const CommandResult added = command({"create-tables", "--alter"});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("added readings.unit: "));
  const CommandResult after = command({"validate", "--database", "--strict"});
  EXPECT_EQ(after.exit_code, 0) << after.err;
  EXPECT_EQ(count("readings WHERE id = 1 AND unit IS NULL"), 1);
  EXPECT_EQ(command({"create-tables", "--alter"}).out.find("added"), std::string::npos);
}

TEST_F(MappingCommandsTest, AnAlteredColumnOfAKeyLeavesTheRowsThatAreThere) {
  database().run("CREATE TABLE readings (value double precision); INSERT INTO readings VALUES (1)");
  map_readings("", "");
  const CommandResult added = command({"create-tables", "--alter"});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_EQ(count("readings WHERE id IS NULL AND value = 1"), 1);
}

TEST_F(MappingCommandsTest, ATableThatSomebodyHoldsIsNotAltered) {
  map_readings("", "");
  ASSERT_EQ(command({"create-tables"}).exit_code, 0);
  map_readings(", unit: unit", ", unit: string");
  HeldSession other(database().url());
  other.run("BEGIN; LOCK TABLE readings IN ACCESS SHARE MODE");
  const CommandResult held = command({"create-tables", "--alter"});
  EXPECT_EQ(held.exit_code, 1);
  EXPECT_THAT(held.err, AllOf(HasSubstr("cannot add column unit to readings"), HasSubstr("lock timeout"),
                              HasSubstr("Nothing was changed.")));
}

TEST_F(MappingCommandsTest, AViewCannotBeAltered) {
  database().run(
      "CREATE TABLE base (id bigint primary key, value double precision); "
      "CREATE VIEW readings AS SELECT * FROM base");
  map_readings(", unit: unit", ", unit: string");
  const CommandResult refused = command({"create-tables", "--alter"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cannot add column unit to readings"));
}

}  // namespace
}  // namespace loom::testing
