#include <fmt/format.h>

#include <deque>
#include <stdexcept>

#include "outage_test.h"
#include "support/held_session.h"
#include "support/small_disk.h"

namespace loom::testing {
namespace {

constexpr double kRate = 4'000;

class DatabaseFaultTest : public OutageTest {
 protected:
  DatabaseFaultTest() : OutageTest(KafkaServer::shared()) {}

  /// Every session in the test's database but this one.
  [[nodiscard]] static std::string terminate_others() {
    return "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
           " WHERE datname = current_database() AND pid <> pg_backend_pid()";
  }
};

TEST_F(DatabaseFaultTest, ItsSessionsAreTerminatedAgainAndAgain) {
  const auto every = rounds(milliseconds(2'500), milliseconds(5'000));
  const int times = rounds(5, 120);
  begin(kRate);
  int terminated = 0;
  for (int time = 0; time < times; ++time) {
    pass(every);
    terminated += std::stoi(database().value(terminate_others()));
    if (rounds(true, time % 10 == 0)) resumes();
  }
  EXPECT_GE(terminated, times) << "the service had fewer sessions than there were rounds";
  finish("sessions terminated", times, fmt::format("{} sessions", terminated));
}

TEST_F(DatabaseFaultTest, StoppedAtOnceAndAwayForLong) {
  begin(kRate);
  const int stops = rounds(2, 20);
  std::int64_t forgotten = 0;
  for (int stop = 0; stop < stops; ++stop) {
    pass(milliseconds(random(500, 2'000)));
    const std::int64_t before = stored();
    own_server_->stop_immediately();
    pass(milliseconds(random(0, 2'000)));
    own_server_->restart();
    forgotten += std::max<std::int64_t>(0, before - stored());
    resumes();
  }
  finish("database stopped with -m immediate, synchronous_commit off", stops,
         fmt::format("{} committed messages forgotten by it", forgotten));

  begin(kRate);
  own_server_->stop();
  pass(rounds(seconds(12), seconds(600)));
  own_server_->restart();
  resumes();
  finish("database away for long", 1);
}

TEST_F(DatabaseFaultTest, ItsDiskIsFull) {
  SmallDisk disk(PostgresServer::user(), 12);
  if (!disk.reason().empty()) GTEST_SKIP() << "no small disk can be mounted here: " << disk.reason();
  database().run("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
  database().run("ALTER TABLE numbers SET TABLESPACE small");
  begin(4 * kRate);
  EXPECT_TRUE(await_log("53100", 0, seconds(60))) << "the disk did not become full";
  const std::int64_t stored_by_then = stored();
  pass(rounds(seconds(3), seconds(60)));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  disk.grow(4'096);
  resumes();
  EXPECT_GT(stored(), stored_by_then);
  finish("disk full (53100)", 1);
  own_server_->stop();  // before its tablespace goes
}

TEST_F(DatabaseFaultTest, OthersTakeAllItsConnections) {
  database().run("ALTER SYSTEM SET max_connections = 20");
  own_server_->restart();
  begin(kRate);
  std::deque<HeldSession> others;
  const std::size_t log = log_size();
  // The service's places are taken as soon as it loses them, and it may be quicker: until it has none.
  const bool all_taken = await(
      seconds(30),
      [&] {
        try {
          others.emplace_back(database().url());
        } catch (const std::runtime_error&) {
          const std::string mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
          if (std::stoul(others.front().value(mine)) == others.size()) return true;
          for (HeldSession& other : others) other.run("SET application_name = 'other'");
          others.front().run(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE datname = current_database() AND application_name <> 'other'");
        }
        return false;
      },
      milliseconds(1));
  EXPECT_TRUE(all_taken);
  EXPECT_TRUE(await_log("too many clients", log));
  pass(rounds(seconds(3), seconds(60)));
  others.clear();
  resumes();
  finish("too many connections (53300)", 1);
}

TEST_F(DatabaseFaultTest, ItIsReadOnlyForAWhile) {
  const int times = rounds(1, 10);
  begin(kRate);
  // Sessions that are open follow, too; ALTER SYSTEM itself is allowed to those that may only read.
  for (int time = 0; time < times; ++time) {
    const std::size_t log = log_size();
    database().run("ALTER SYSTEM SET default_transaction_read_only = on");
    database().run("SELECT pg_reload_conf()");
    EXPECT_TRUE(await_log("25006", log)) << "nothing was refused";
    pass(rounds(seconds(3), seconds(30)));
    database().run("ALTER SYSTEM RESET default_transaction_read_only");
    database().run("SELECT pg_reload_conf()");
    resumes();
  }
  finish("read-only database (25006)", times);
}

}  // namespace
}  // namespace loom::testing
