#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <thread>

#include "sink/connection.h"
#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using namespace std::chrono_literals;
using batch::OutcomeKind;
using ::testing::HasSubstr;

std::unique_ptr<Connection> connect(const DatabaseSettings& settings) {
  std::string why;
  auto connection = Connection::open({.url = settings.url, .application_name = settings.application_name}, why);
  if (connection == nullptr) throw std::runtime_error(why);
  return connection;
}

class FaultTest : public SinkTest {
 protected:
  FaultTest() { database.run("CREATE TABLE readings (id bigint, name text)"); }

  std::future<batch::WriteReply> submit(BatchMaker& maker) {
    auto done = std::make_shared<std::promise<batch::WriteReply>>();
    auto reply = done->get_future();
    pool->submit(maker.take(), [done](batch::WriteReply r) { done->set_value(std::move(r)); });
    return reply;
  }
  /// Waits for a backend of the pool of which pg_stat_activity says this.
  void await_backend(const std::string& condition) {
    const std::string backends = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ";
    for (int i = 0; i < 1000; ++i) {
      if (count(backends + condition) != "0") return;
      std::this_thread::sleep_for(5ms);
    }
    FAIL() << "no backend with " << condition;
  }
  BatchMaker one_row() {
    auto batch = next_batch(plan("readings"));
    batch.add({{"id", "1"}});
    return batch;
  }
};

TEST_F(FaultTest, ABackendKilledWithTheBatchInHandLeavesItInDoubt) {
  auto batch = one_row();
  const auto locker = connect(settings);
  locker->execute("BEGIN; LOCK TABLE readings");
  auto reply = submit(batch);
  await_backend("wait_event_type = 'Lock'");
  database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
      "current_database()");
  auto [back, outcome] = reply.get();
  EXPECT_EQ(outcome.kind, OutcomeKind::retry);
  EXPECT_TRUE(outcome.in_doubt);
  EXPECT_EQ(outcome.sqlstate, "57P01");

  locker->execute("ROLLBACK");
  EXPECT_EQ(write(std::move(back)).outcome.kind, OutcomeKind::committed) << "the pool connects again";
}

TEST_F(FaultTest, ABackendKilledWhileIdleIsReplacedWithoutAnyDoubt) {
  auto first = one_row();
  EXPECT_EQ(write(first).outcome.kind, OutcomeKind::committed);
  database.run(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid "
      "<> pg_backend_pid()");
  auto second = one_row();
  EXPECT_EQ(write(second).outcome.kind, OutcomeKind::committed);
}

TEST_F(FaultTest, ATableLockedForLongIsRetriedAndItsLockerLeftAlone) {
  settings.lock_timeout = 50ms;
  restart_pool();
  auto batch = one_row();
  const auto locker = connect(settings);
  locker->execute("BEGIN; LOCK TABLE readings");
  auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(written.outcome.sqlstate, "55P03");
  EXPECT_NE(locker->execute("COMMIT").kind(), Result::Kind::error);
  EXPECT_EQ(write(std::move(written.batch)).outcome.kind, OutcomeKind::committed);
}

TEST_F(FaultTest, AWriterFrozenInItsCopyIsEndedByTheNextOwner) {
  settings.lock_timeout = 200ms;
  restart_pool();
  const auto frozen = connect(settings);
  frozen->send(
      "BEGIN; SELECT kafka_advance_offsets('group''s', 't', '{0}', '{0}', '{0}', '{5}', '{NULL}'); COPY readings "
      "FROM STDIN (FORMAT binary)");
  while (frozen->next().kind() != Result::Kind::copy_in) {
  }
  auto batch = one_row();
  auto written = write(batch);
  EXPECT_EQ(written.outcome.sqlstate, "55P03");
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(write(std::move(written.batch)).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(stored_offset(), 1);
  frozen->end_copy();
  frozen->drain();
  EXPECT_TRUE(frozen->lost());
}

TEST_F(FaultTest, SomebodyElsesLockOnTheOffsetsIsNotBroken) {
  settings.lock_timeout = 50ms;
  restart_pool();
  auto other_settings = settings;
  other_settings.application_name = "psql";
  const auto other = connect(other_settings);
  other->execute("BEGIN; UPDATE kafka_consumer_offsets SET updated_at = now()");
  auto batch = one_row();
  auto written = write(batch);
  EXPECT_EQ(written.outcome.sqlstate, "55P03");
  EXPECT_NE(other->execute("ROLLBACK").kind(), Result::Kind::error);
}

TEST_F(FaultTest, AStatementThatTakesTooLongIsRetried) {
  database.run(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(10); RETURN NEW; END'");
  database.run("CREATE TRIGGER slow BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION slow()");
  settings.statement_timeout = 100ms;
  restart_pool();
  auto batch = one_row();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(written.outcome.sqlstate, "57014");
  EXPECT_EQ(written.outcome.too_large, batch::TooLarge::perhaps);
}

TEST_F(FaultTest, AReadOnlyDatabaseIsRetried) {
  database.run("ALTER DATABASE " + database.value("SELECT current_database()") +
               " SET default_transaction_read_only = on");
  auto batch = one_row();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(written.outcome.sqlstate, "25006");
}

TEST_F(FaultTest, NoPermissionAsksForTheCatalogAndRejectsNothing) {
  database.run(
      "DROP ROLE IF EXISTS loom_sink_test_role; CREATE ROLE loom_sink_test_role LOGIN; GRANT ALL ON ALL TABLES "
      "IN SCHEMA public TO loom_sink_test_role; REVOKE INSERT ON readings FROM loom_sink_test_role");
  auto batch = one_row();
  settings.url += " options='-c role=loom_sink_test_role'";
  restart_pool();
  const auto written = write(batch);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::catalog_changed) << written.outcome.message;
  EXPECT_EQ(written.outcome.sqlstate, "42501");
  database.run("DROP OWNED BY loom_sink_test_role; DROP ROLE loom_sink_test_role");
}

TEST_F(FaultTest, ThePoolGrowsToItsBoundAndQueuesTheRest) {
  settings.pool_max = 2;
  restart_pool();
  database.run("INSERT INTO kafka_consumer_offsets SELECT 'group''s', 't', p, 0 FROM generate_series(1, 4) p");
  const auto readings = plan("readings");
  const auto locker = connect(settings);
  locker->execute("BEGIN; LOCK TABLE readings");
  std::vector<std::future<batch::WriteReply>> replies;
  for (int partition = 0; partition < 4; ++partition) {
    BatchMaker maker(readings, 0);
    maker.add({{"id", std::to_string(partition)}});
    auto batch = maker.take();
    batch->ranges[0].partition = partition;
    auto done = std::make_shared<std::promise<batch::WriteReply>>();
    replies.push_back(done->get_future());
    pool->submit(std::move(batch), [done](batch::WriteReply r) { done->set_value(std::move(r)); });
  }
  await_backend("wait_event_type = 'Lock'");
  const PoolState state = pool->state();
  EXPECT_EQ(state.waiting, 2U);
  locker->execute("COMMIT");
  for (auto& reply : replies) EXPECT_EQ(reply.get().outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(count("readings"), "4");
}

TEST_F(FaultTest, ConnectionsAboveTheMinimumCloseWhenIdle) {
  settings.pool_min = 0;
  settings.idle_close = 0s;
  restart_pool();
  auto batch = one_row();
  EXPECT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  for (int i = 0; i < 1000 && pool->state().connections != 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(pool->state().connections, 0U);
  auto next = one_row();
  EXPECT_EQ(write(next).outcome.kind, OutcomeKind::committed);
}

TEST_F(FaultTest, StoppingCancelsWhatTakesTooLong) {
  settings.lock_timeout = 60s;
  restart_pool();
  auto batch = one_row();
  const auto locker = connect(settings);
  locker->execute("BEGIN; LOCK TABLE readings");
  auto reply = submit(batch);
  await_backend("wait_event_type = 'Lock'");
  const auto before = std::chrono::steady_clock::now();
  pool.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 6s);
  EXPECT_EQ(reply.get().outcome.kind, OutcomeKind::retry) << "cancelled before it was done";
}

TEST_F(FaultTest, StoppingAnswersBatchesThatNeverStarted) {
  settings.pool_max = 1;
  settings.lock_timeout = 500ms;
  restart_pool();
  auto first = one_row();
  auto second = one_row();
  const auto locker = connect(settings);
  locker->execute("BEGIN; LOCK TABLE readings");
  auto first_reply = submit(first);
  auto second_reply = submit(second);
  pool.reset();
  EXPECT_EQ(first_reply.get().outcome.sqlstate, "55P03");
  const auto answered = second_reply.get();
  EXPECT_EQ(answered.outcome.kind, OutcomeKind::retry);
  EXPECT_NE(answered.batch, nullptr);
}

/// A server of its own for the test to stop.
class ServerFaultTest : public ::testing::Test {
 protected:
  struct Case : SinkTest {
    explicit Case(const PostgresServer& server) : SinkTest(server) {}
    void TestBody() override {}
    using SinkTest::count;
    using SinkTest::database;
    using SinkTest::next_batch;
    using SinkTest::plan;
    using SinkTest::settings;
    using SinkTest::stored_offset;
    using SinkTest::write;
  };
  PostgresServer server;
  Case sink{server};
};

TEST_F(ServerFaultTest, AStoppedServerIsRetriedAndServedAgainAfterItsRestart) {
  sink.database.run("CREATE TABLE readings (id bigint)");
  const auto readings = sink.plan("readings");
  auto first = sink.next_batch(readings);
  first.add({{"id", "1"}});
  EXPECT_EQ(sink.write(first).outcome.kind, OutcomeKind::committed);

  BatchMaker second(readings, 1);
  second.add({{"id", "2"}});
  server.stop();
  auto written = sink.write(second);
  EXPECT_EQ(written.outcome.kind, OutcomeKind::retry);
  EXPECT_THAT(written.outcome.message, HasSubstr("no connection to the database"));
  server.restart();
  EXPECT_EQ(sink.write(std::move(written.batch)).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(sink.stored_offset(), 2);
}

TEST_F(ServerFaultTest, AServerKilledAndRestartedHasRowsAndOffsetsOfTheSameBatches) {
  sink.database.run("CREATE TABLE readings (id bigint)");
  const auto readings = sink.plan("readings");
  std::int64_t offset = 0;
  for (int i = 0; i < 50; ++i) {
    BatchMaker batch(readings, offset++);
    batch.add({{"id", std::to_string(i)}});
    ASSERT_EQ(sink.write(batch).outcome.kind, OutcomeKind::committed);
  }
  server.kill9();
  BatchMaker lost(readings, offset);
  lost.add({{"id", "50"}});
  auto written = sink.write(lost);
  EXPECT_NE(written.outcome.kind, OutcomeKind::committed);
  server.restart();
  EXPECT_EQ(std::to_string(sink.stored_offset()), sink.count("readings")) << "lost together, or kept together";
}

TEST_F(ServerFaultTest, TooManyConnectionsAreRetried) {
  sink.database.run("CREATE TABLE readings (id bigint)");
  auto batch = sink.next_batch(sink.plan("readings"));
  batch.add({{"id", "1"}});
  sink.database.run("ALTER DATABASE " + sink.database.value("SELECT current_database()") + " CONNECTION LIMIT 0");
  sink.database.run("CREATE ROLE plain LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain");
  DatabaseSettings settings = sink.settings;
  const auto at = settings.url.find("user='postgres'");
  if (at != std::string::npos) settings.url.replace(at, 15, "user='plain'");
  Failpoints failpoints;
  WriterPool pool(settings, failpoints);
  std::promise<batch::WriteReply> done;
  pool.submit(batch.take(), [&](batch::WriteReply r) { done.set_value(std::move(r)); });
  const auto reply = done.get_future().get();
  EXPECT_EQ(reply.outcome.kind, OutcomeKind::retry);
  EXPECT_EQ(reply.outcome.cause, batch::Cause::too_many_connections);
  EXPECT_EQ(reply.outcome.sqlstate, "53300") << "libpq tells it only when it is asked";
  EXPECT_THAT(reply.outcome.message, HasSubstr("too many connections"));
}

}  // namespace
}  // namespace loom::sink::testing
