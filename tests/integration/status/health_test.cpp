// Whether the servers are there, asked of real ones that are killed, frozen, cut off and back.
#include "status/health.h"

#include <gmock/gmock.h>

#include <iostream>
#include <memory>
#include <string>

#include "base/clock.h"
#include "support/await.h"
#include "support/kafka_server.h"
#include "support/postgres_server.h"
#include "support/tcp_proxy.h"

namespace loom::status {
namespace {

using loom::testing::await;
using loom::testing::KafkaServer;
using loom::testing::PostgresServer;
using loom::testing::TcpProxy;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr seconds kKnownWithin{5};

KafkaServer& own_kafka() {
  static KafkaServer server;
  return server;
}

class HealthTest : public ::testing::Test {
 protected:
  void probe(const std::string& database, const std::string& kafka) {
    probe_ = std::make_unique<HealthProbe>(ProbeSettings{database, kafka, {}}, clock_);
  }
  [[nodiscard]] Reachable database() const { return probe_->health().database; }
  [[nodiscard]] Reachable kafka() const { return probe_->health().kafka; }

  /// How long it took to become known, which must not be longer than promised.
  void expect_known(Reachable Health::*server, bool up, const std::string& what) {
    const auto since = std::chrono::steady_clock::now();
    const bool known = await(kKnownWithin, [&] { return (probe_->health().*server).now == up; });
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since);
    const Reachable seen = probe_->health().*server;
    EXPECT_TRUE(known) << what << ": not known after " << took.count() << " ms, error: " << seen.error;
    EXPECT_EQ(seen.error.empty(), up) << seen.error;
    std::cout << what << ": known after " << took.count() << " ms" << (up ? "" : ", as: " + seen.error) << "\n";
  }

  const SystemClock clock_{};
  std::unique_ptr<HealthProbe> probe_;
};

TEST_F(HealthTest, TheDatabaseIsKilledAndComesBack) {
  PostgresServer server;
  probe(server.url(), "127.0.0.1:1");
  expect_known(&Health::database, true, "first answer");
  server.kill9();
  expect_known(&Health::database, false, "PostgreSQL killed");
  server.restart();
  expect_known(&Health::database, true, "PostgreSQL back");
  server.stop();
  expect_known(&Health::database, false, "PostgreSQL stopped");
  EXPECT_FALSE(kafka().now) << "nobody listens there";
}

TEST_F(HealthTest, TheDatabaseIsFrozenAndGoesOn) {
  const PostgresServer server;
  probe(server.url(), "127.0.0.1:1");
  expect_known(&Health::database, true, "first answer");
  server.freeze();
  expect_known(&Health::database, false, "PostgreSQL frozen");
  server.thaw();
  expect_known(&Health::database, true, "PostgreSQL goes on");
}

TEST_F(HealthTest, TheWayToTheDatabaseIsCutOffAndMended) {
  const PostgresServer& server = PostgresServer::shared();
  const std::string url = server.url();
  const auto at = url.rfind(':');
  const auto end = url.find('/', at);
  TcpProxy link;
  link.forward_to("127.0.0.1" + url.substr(at, end - at));
  std::string through = url;
  through.replace(at, end - at, ":" + std::to_string(link.port()));
  probe(through, "127.0.0.1:1");
  expect_known(&Health::database, true, "first answer");
  link.stall();
  expect_known(&Health::database, false, "link to PostgreSQL stalled");
  link.pass();
  expect_known(&Health::database, true, "link to PostgreSQL mended");
}

TEST_F(HealthTest, AnEndedSessionIsNotTheDatabasesEnd) {
  const loom::testing::TestDatabase database_of_test;
  probe(database_of_test.url(), "127.0.0.1:1");
  expect_known(&Health::database, true, "first answer");
  for (int i = 0; i < 3; ++i) {
    database_of_test.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()");
    EXPECT_FALSE(await(milliseconds(1300), [this] { return !database().now; })) << database().error;
  }
}

TEST_F(HealthTest, ADatabaseThatTakesNoWritesAnswersAndIsInTrouble) {
  const loom::testing::TestDatabase database_of_test;
  probe(database_of_test.url(), "127.0.0.1:1");
  expect_known(&Health::database, true, "first answer");
  EXPECT_EQ(database().trouble.cause, batch::Cause::none);
  const std::string name = database_of_test.value("SELECT current_database()");
  // For the sessions that come; the probe's own is ended.
  database_of_test.run("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  database_of_test.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
      " AND pid <> pg_backend_pid()");
  EXPECT_TRUE(await(kKnownWithin, [this] { return database().trouble.cause == batch::Cause::read_only; }));
  EXPECT_TRUE(database().now);
  EXPECT_EQ(database().error, "");
  EXPECT_THAT(database().trouble.says, HasSubstr("default_transaction_read_only is on"));
}

TEST_F(HealthTest, ALoginThatIsRefusedIsNoDatabaseThatIsAway) {
  probe("postgresql://nobody_of_that_name@" + PostgresServer::shared().address() + "/postgres", "127.0.0.1:1");
  EXPECT_TRUE(await(kKnownWithin, [this] { return database().trouble.cause == batch::Cause::login_refused; }))
      << database().error;
  EXPECT_FALSE(database().now);
  EXPECT_THAT(database().error, HasSubstr("nobody_of_that_name"));
}

TEST_F(HealthTest, AWrongPasswordIsSaidAndNotShown) {
  probe("postgresql://loom:s3cret@127.0.0.1:1/x", "127.0.0.1:1");
  ASSERT_TRUE(await(kKnownWithin, [this] { return database().error != "not asked yet"; }));
  EXPECT_THAT(database().error, HasSubstr("Connection refused"));
  EXPECT_THAT(database().error, Not(HasSubstr("s3cret")));
}

TEST_F(HealthTest, TheBrokerIsKilledAndComesBack) {
  probe("postgresql://127.0.0.1:1/x", own_kafka().bootstrap());
  expect_known(&Health::kafka, true, "first answer");
  own_kafka().kill9();
  expect_known(&Health::kafka, false, "Kafka killed");
  own_kafka().restart();
  expect_known(&Health::kafka, true, "Kafka back");
}

TEST_F(HealthTest, TheBrokerIsFrozenAndGoesOn) {
  probe("postgresql://127.0.0.1:1/x", own_kafka().bootstrap());
  expect_known(&Health::kafka, true, "first answer");
  own_kafka().freeze();
  expect_known(&Health::kafka, false, "Kafka frozen");
  own_kafka().thaw();
  expect_known(&Health::kafka, true, "Kafka goes on");
}

TEST_F(HealthTest, TheWayToTheBrokerIsCutOffAndMended) {
  TcpProxy link;
  KafkaServer server(loom::testing::KafkaSettings{
      .listeners = {{.name = "PROXY", .protocol = "PLAINTEXT", .advertised = link.address()}}, .properties = {}});
  link.forward_to(server.address("PROXY"));
  probe("postgresql://127.0.0.1:1/x", link.address());
  expect_known(&Health::kafka, true, "first answer");
  link.stall();
  expect_known(&Health::kafka, false, "link to Kafka stalled");
  link.pass();
  expect_known(&Health::kafka, true, "link to Kafka mended");
  link.cut();
  EXPECT_FALSE(await(milliseconds(1500), [this] { return !kafka().now; })) << "one reset connection: " << kafka().error;
}

TEST_F(HealthTest, AWrongKafkaSettingIsSaid) {
  probe_ = std::make_unique<HealthProbe>(
      ProbeSettings{"postgresql://127.0.0.1:1/x", "127.0.0.1:1", {{"no.such.property", "1"}}}, clock_);
  ASSERT_TRUE(await(kKnownWithin, [this] { return kafka().error != "not asked yet"; }));
  EXPECT_THAT(kafka().error, HasSubstr("no.such.property"));
}

TEST_F(HealthTest, EndsSoonWhateverItWaitsFor) {
  PostgresServer server;
  probe(server.url(), own_kafka().bootstrap());
  expect_known(&Health::database, true, "first answer of PostgreSQL");
  expect_known(&Health::kafka, true, "first answer of Kafka");
  server.freeze();
  own_kafka().freeze();
  expect_known(&Health::database, false, "PostgreSQL frozen");
  expect_known(&Health::kafka, false, "Kafka frozen");
  const auto since = std::chrono::steady_clock::now();
  probe_.reset();
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since);
  server.thaw();
  own_kafka().thaw();
  EXPECT_LT(took, seconds(4));
  std::cout << "ended after " << took.count() << " ms\n";
}

}  // namespace
}  // namespace loom::status
