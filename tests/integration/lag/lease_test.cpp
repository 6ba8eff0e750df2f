#include "lag/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/migrations.h"
#include "support/await.h"
#include "support/postgres_server.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;
using loom::testing::await;
using loom::testing::PostgresServer;
using loom::testing::TestDatabase;
using ::testing::HasSubstr;
using ::testing::Not;
using Answer = Lease::Answer;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() { schema::Migrator(database.url()).apply(); }
  [[nodiscard]] Lease lease(const std::string& reporter, std::chrono::milliseconds length = 60s,
                            const std::string& group = "g") const {
    return {database.url(), group, reporter, length};
  }

  TestDatabase database;
};

TEST_F(LeaseTest, OneOfTwoHasIt) {
  Lease a = lease("a");
  Lease b = lease("b");
  EXPECT_EQ(a.renew(), Answer::ours);
  EXPECT_EQ(b.renew(), Answer::not_ours);
  EXPECT_EQ(a.renew(), Answer::ours);
  EXPECT_EQ(b.look(), Answer::not_ours);
  EXPECT_EQ(a.look(), Answer::ours);
}

TEST_F(LeaseTest, EveryGroupHasItsOwn) {
  EXPECT_EQ(lease("a", 60s, "g").renew(), Answer::ours);
  EXPECT_EQ(lease("b", 60s, "another").renew(), Answer::ours);
}

TEST_F(LeaseTest, OfADeadReplicaIsTakenOverWhenItHasExpired) {
  EXPECT_EQ(lease("dead", 700ms).renew(), Answer::ours);
  Lease next = lease("next");
  EXPECT_EQ(next.renew(), Answer::not_ours);
  EXPECT_TRUE(await(10s, [&] { return next.renew() == Answer::ours; }));
  EXPECT_EQ(lease("dead", 700ms).renew(), Answer::not_ours) << "it was not dead, only late";
}

TEST_F(LeaseTest, OnceExpiredIsStillOursUntilSomebodyTakesIt) {
  Lease a = lease("a", 1ms);
  EXPECT_EQ(a.renew(), Answer::ours);
  EXPECT_EQ(a.look(), Answer::ours);
  EXPECT_EQ(lease("b").renew(), Answer::ours);
  EXPECT_EQ(a.look(), Answer::not_ours);
}

TEST_F(LeaseTest, ReleasedIsFreeAtOnce) {
  Lease a = lease("a");
  EXPECT_EQ(a.renew(), Answer::ours);
  a.release();
  EXPECT_EQ(lease("b").renew(), Answer::ours);
  a.release();
  EXPECT_EQ(lease("c").renew(), Answer::not_ours) << "what is another's cannot be released";
}

TEST_F(LeaseTest, WithoutItsTableIsNotSetUp) {
  Lease a = lease("a");
  database.run("DROP TABLE kafka_lag_reporters");
  EXPECT_EQ(a.renew(), Answer::not_set_up);
  EXPECT_THAT(a.why(), HasSubstr("kafka_lag_reporters"));
  schema::Migrator(database.url()).apply();
  database.run(
      "CREATE TABLE IF NOT EXISTS kafka_lag_reporters (consumer_group text PRIMARY KEY, reporter text, "
      "expires_at timestamptz)");
  EXPECT_EQ(a.renew(), Answer::ours);
}

TEST_F(LeaseTest, WithoutADatabaseHasNoAnswer) {
  Lease a("postgresql://loom:s3cret@127.0.0.1:1/loom", "g", "a", 1s);
  EXPECT_EQ(a.renew(), Answer::none);
  EXPECT_THAT(a.why(), Not(HasSubstr("s3cret")));
  a.release();
}

TEST_F(LeaseTest, IsTheSameAfterTheDatabaseWasRestarted) {
  PostgresServer server;
  const TestDatabase own(server);
  schema::Migrator(own.url()).apply();
  Lease a(own.url(), "g", "a", 60s);
  Lease b(own.url(), "g", "b", 60s);
  EXPECT_EQ(a.renew(), Answer::ours);
  EXPECT_EQ(b.renew(), Answer::not_ours);
  server.stop_immediately();
  EXPECT_EQ(a.renew(), Answer::none);
  EXPECT_EQ(b.renew(), Answer::none);
  server.restart();
  EXPECT_EQ(a.renew(), Answer::ours);
  EXPECT_EQ(b.renew(), Answer::not_ours);
}

}  // namespace
}  // namespace loom::lag
