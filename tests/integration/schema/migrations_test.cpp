#include "schema/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "support/postgres_server.h"

namespace loom::schema {
namespace {

using loom::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Migration migration(std::string version, std::string sql, std::string sha = "aa") {
  return {std::move(version), "step", std::move(sha), std::move(sql)};
}

std::string message_of(Migrator migrator) {
  try {
    migrator.apply();
  } catch (const MigrationError& error) {
    return error.what();
  }
  return "";
}

class Migrations : public ::testing::Test {
 protected:
  TestDatabase database;
};

TEST_F(Migrations, BringAnEmptyDatabaseUpToDate) {
  const auto applied = Migrator(database.url()).apply();
  EXPECT_THAT(applied, SizeIs(embedded_migrations().size()));
  EXPECT_EQ(database.value("SELECT count(*) FROM kafka_consumer_offsets"), "0");
  EXPECT_EQ(database.value("SELECT checksum FROM schema_migrations WHERE version = '001'"),
            embedded_migrations().front().sha256);
}

TEST_F(Migrations, DoNothingTheSecondTime) {
  Migrator migrator(database.url());
  migrator.apply();
  EXPECT_THAT(migrator.apply(), IsEmpty());
}

TEST_F(Migrations, AreAppliedByOneOfSeveralReplicas) {
  std::vector<std::thread> replicas;
  std::mutex mutex;
  std::size_t applied = 0;
  for (int i = 0; i < 8; ++i) {
    replicas.emplace_back([&] {
      const auto done = Migrator(database.url()).apply();
      const std::lock_guard lock(mutex);
      applied += done.size();
    });
  }
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(applied, embedded_migrations().size());
}

TEST_F(Migrations, ApplyOnlyWhatIsNew) {
  Migrator(database.url(), {migration("001", "CREATE TABLE one ()")}).apply();
  const auto applied =
      Migrator(database.url(), {migration("001", "CREATE TABLE one ()"), migration("002", "CREATE TABLE two ()")})
          .apply();
  EXPECT_THAT(applied, ElementsAre(Field(&Migration::version, "002")));
}

TEST_F(Migrations, AFailedOneLeavesNothingAndTheOnesBeforeItStay) {
  const std::string message =
      message_of(Migrator(database.url(), {migration("001", "CREATE TABLE one ()"),
                                           migration("002", "CREATE TABLE two (); SELECT nonsense")}));
  EXPECT_THAT(message, AllOf(HasSubstr("002_step"), HasSubstr("nonsense")));
  EXPECT_EQ(database.value("SELECT to_regclass('one') IS NOT NULL"), "t");
  EXPECT_EQ(database.value("SELECT to_regclass('two') IS NULL"), "t");
  EXPECT_EQ(database.value("SELECT string_agg(version, ',') FROM schema_migrations"), "001");
}

TEST_F(Migrations, RefuseWhenAnAppliedOneWasEdited) {
  Migrator(database.url(), {migration("001", "SELECT 1", "aa")}).apply();
  Migrator edited(database.url(), {migration("001", "SELECT 2", "bb"), migration("002", "CREATE TABLE two ()")});
  EXPECT_THAT(message_of(edited), AllOf(HasSubstr("001_step"), HasSubstr("must not be edited")));
  EXPECT_EQ(database.value("SELECT to_regclass('two') IS NULL"), "t");
  EXPECT_EQ(edited.status().front().state, MigrationState::changed);
}

TEST_F(Migrations, AReadOnlyDatabaseMayBecomeWritableLater) {
  database.run("ALTER DATABASE " + database.value("SELECT current_database()") +
               " SET default_transaction_read_only = on");
  EXPECT_THROW(Migrator(database.url()).apply(), DatabaseUnavailable);
}

TEST_F(Migrations, StatusOfAnEmptyDatabaseIsAllPendingAndChangesNothing) {
  const auto status = Migrator(database.url()).status();
  ASSERT_THAT(status, SizeIs(embedded_migrations().size()));
  for (const MigrationStatus& one : status) EXPECT_EQ(one.state, MigrationState::pending);
  EXPECT_EQ(database.value("SELECT to_regclass('schema_migrations') IS NULL"), "t");
}

TEST_F(Migrations, StatusTellsAppliedFromPending) {
  Migrator(database.url(), {migration("001", "SELECT 1")}).apply();
  const auto status = Migrator(database.url(), {migration("001", "SELECT 1"), migration("002", "SELECT 1")}).status();
  EXPECT_EQ(status[0].state, MigrationState::applied);
  EXPECT_THAT(status[0].applied_at, Not(IsEmpty()));
  EXPECT_EQ(status[1].state, MigrationState::pending);
}

TEST(MigrationsWithoutADatabase, SayWhichWithoutThePassword) {
  try {
    Migrator("postgresql://loom:s3cret@127.0.0.1:1/loom").apply();
    FAIL() << "nobody listens there";
  } catch (const DatabaseUnavailable& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("s3cret"))));
  }
}

}  // namespace
}  // namespace loom::schema
