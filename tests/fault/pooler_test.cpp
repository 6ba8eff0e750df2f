// PgBouncer or Pgpool-II between the service and the database.
#include <fmt/format.h>

#include "outage_test.h"
#include "support/pgbouncer.h"
#include "support/pgpool.h"

namespace loom::testing {
namespace {

constexpr double kThroughPooler = 3'000;

class PoolerTest : public OutageTest, public ::testing::WithParamInterface<const char*> {
 protected:
  PoolerTest() : OutageTest(KafkaServer::shared()) {}
};

/// As many as the service may have, 8 in its pool and 5 beside it: in session mode each keeps its own.
TEST_P(PoolerTest, KilledAndItsSessionsTerminatedWhileMessagesFlow) {
  PgBouncer bouncer(*own_server_, GetParam(), 13);
  const std::string name = database().value("SELECT current_database()");
  begin(kThroughPooler, {{"LOOM_DATABASE_URL", bouncer.url(name)}});
  const int times = rounds(2, 20);
  for (int time = 0; time < times; ++time) {
    pass(milliseconds(random(500, 1'500)));
    bouncer.kill9();
    pass(milliseconds(random(0, 2'000)));
    bouncer.restart();
    resumes();
    database().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    resumes();
  }
  finish(fmt::format("PgBouncer killed, and sessions behind it terminated, pool_mode {}", GetParam()), 2 * times);
}

INSTANTIATE_TEST_SUITE_P(Modes, PoolerTest, ::testing::Values("transaction", "session"),
                         [](const auto& mode) { return std::string(mode.param); });

class PgpoolTest : public OutageTest {
 protected:
  PgpoolTest() : OutageTest(KafkaServer::shared()) {}
};

TEST_F(PgpoolTest, StoppedAndItsSessionsTerminatedWhileMessagesFlow) {
  Pgpool pgpool(*own_server_);
  begin(kThroughPooler, {{"LOOM_DATABASE_URL", pgpool.url(database().value("SELECT current_database()"))}});
  const int times = rounds(2, 20);
  for (int time = 0; time < times; ++time) {
    pass(milliseconds(random(500, 1'500)));
    pgpool.stop();
    pass(milliseconds(random(0, 2'000)));
    pgpool.restart();
    resumes();
    database().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    resumes();
  }
  finish("Pgpool-II stopped, and sessions behind it terminated", 2 * times);
}

/// Pgpool-II refuses what follows ROLLBACK TO SAVEPOINT in one query string, where the transaction has failed.
TEST_F(PgpoolTest, BadMessagesAreFoundAndReplayedThroughIt) {
  const Pgpool pgpool(*own_server_);
  const Environment through{{"LOOM_DATABASE_URL", pgpool.url(database().value("SELECT current_database()"))}};
  const std::string topic = new_topic("through", 1);
  map("  " + topic +
      ":\n    table: things\n    field_mappings: {id: id, v: v}\n    upsert_key: id\n"
      "    conflict_strategy: update\n");
  database().run("CREATE TABLE things (id int PRIMARY KEY, v int CHECK (v < 100))");
  constexpr int kMessages = 300;
  for (int i = 0; i < kMessages; ++i) {
    send(topic, 0, fmt::format(R"({{"id": {}, "v": {}}})", i % 100, i % 10 == 3 ? 200 : 1));
  }
  ServiceProcess& service = start(through);
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("kafka_dead_letters"), kMessages / 10);
  EXPECT_EQ(count("things"), 90);
  EXPECT_EQ(service.terminate()->exit_code, 0);

  database().run("ALTER TABLE things DROP CONSTRAINT things_v_check; ALTER TABLE things ADD CHECK (id <> 13)");
  const CommandResult replayed = command({"dead-letters", "replay", "--topic", topic}, through);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(count("things WHERE v = 200"), 9);
  EXPECT_EQ(count("kafka_dead_letters"), 3) << "those of id 13";
}

/// Not a fault that passes: what it does not do is said.
class PoolerModeTest : public OutageTest {
 protected:
  PoolerModeTest() : OutageTest(KafkaServer::shared()) {}
};

TEST_F(PoolerModeTest, OfSingleStatementsIsRefusedWithItsName) {
  const PgBouncer bouncer(*own_server_, "statement", 5);
  const Environment through{{"LOOM_DATABASE_URL", bouncer.url(database().value("SELECT current_database()"))}};
  map(numbered_mapping("some.topic", "numbers"));
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"validate", "--database"}, {"migrate", "--status"}, {"dead-letters", "list"}, {"offsets", "show"}}) {
    const CommandResult done = command(arguments, through);
    EXPECT_NE(done.exit_code, 0);
    EXPECT_NE(done.err.find("pool_mode=statement"), std::string::npos) << arguments[0] << ": " << done.err;
  }
}

}  // namespace
}  // namespace loom::testing
