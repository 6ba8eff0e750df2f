#include "schema/table_creator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "mapping/loader.h"
#include "support/postgres_server.h"

namespace loom::schema {
namespace {

using loom::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kMapping = R"(
schema_version: v1
topics:
  sensors:
    table: sensors
    field_mappings: { device_id: device_id, timestamp: timestamp, value: value }
    data_types: { timestamp: timestamp, value: float }
    upsert_key: device_id, timestamp
  notes:
    table: archive.notes
    field_mappings: { id: id, text: text }
)";

std::vector<mapping::TableDefinition> definitions() {
  const auto loaded = mapping::load_mapping_text(kMapping, "test.yml");
  std::vector<mapping::Problem> problems;
  return mapping::table_definitions(loaded.file.value(), problems);
}

class TableCreator : public ::testing::Test {
 protected:
  TestDatabase database;
};

TEST_F(TableCreator, CreatesWhatIsMissing) {
  const CreatedTables first = create_tables(database.url(), definitions());
  EXPECT_THAT(first.created, ElementsAre("sensors", "archive.notes"));
  EXPECT_EQ(database.value("SELECT count(*) FROM sensors") + database.value("SELECT count(*) FROM archive.notes"),
            "00");
  const CreatedTables second = create_tables(database.url(), definitions());
  EXPECT_THAT(second.created, IsEmpty());
  EXPECT_THAT(second.existing, ElementsAre("sensors", "archive.notes"));
}

TEST_F(TableCreator, LeavesAnExistingTableAsItIs) {
  database.run("CREATE TABLE sensors (own_column int)");
  EXPECT_THAT(create_tables(database.url(), definitions()).existing, ElementsAre("sensors"));
  EXPECT_EQ(database.value("SELECT string_agg(attname, ',') FROM pg_attribute "
                           "WHERE attrelid = 'sensors'::regclass AND attnum > 0"),
            "own_column");
}

TEST_F(TableCreator, LetsReplicasRace) {
  std::vector<std::thread> replicas;
  std::mutex mutex;
  std::size_t created = 0;
  for (int i = 0; i < 8; ++i) {
    replicas.emplace_back([&] {
      const auto result = create_tables(database.url(), definitions());
      const std::lock_guard lock(mutex);
      created += result.created.size();
    });
  }
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(created, 2U);
}

TEST_F(TableCreator, NamesTheTableThatFailed) {
  database.run("CREATE TYPE sensors AS ENUM ('in the way')");
  try {
    create_tables(database.url(), definitions());
    FAIL() << "a type of the table's name is in the way";
  } catch (const TableError& error) {
    EXPECT_THAT(error.what(), HasSubstr("sensors"));
  }
  EXPECT_EQ(database.value("SELECT to_regclass('archive.notes') IS NULL"), "t") << "all or none";
}

TEST(TableStatements, AreUnderTheTopicsThatWantThem) {
  const std::string sql = render(definitions());
  EXPECT_THAT(sql, HasSubstr("-- sensors\n"));
  EXPECT_THAT(sql, HasSubstr("CREATE TABLE IF NOT EXISTS"));
}

}  // namespace
}  // namespace loom::schema
