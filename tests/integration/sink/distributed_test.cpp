// A database that answers as Citus does for a distributed table (by the sources of 11.1 to 15): what its workers refuse
// is XX000 without constraint or context, and the question for conflicting rows is refused with 0A000. There is no
// package of it to be had, so a real PostgreSQL is behind a proxy that changes its answers.
#include <gmock/gmock.h>

#include <string>

#include "sink_fixture.h"
#include "support/tcp_proxy.h"

namespace loom::sink::testing {
namespace {

using namespace std::string_literals;
using batch::OutcomeKind;
using loom::testing::TcpProxy;
using mapping::ConflictStrategy;

class DistributedTest : public SinkTest {
 protected:
  DistributedTest() {
    database.run("CREATE TABLE users (id bigint PRIMARY KEY, level bigint CHECK (level < 100))");
    database.run("INSERT INTO users VALUES (5, 50)");
    const auto sqlstate = [](const std::string& code) {
      return TcpProxy::Rewrite{"\0C"s + code + "\0"s, "\0CXX000\0"s};
    };
    proxy_.rewrite({sqlstate("23505"),
                    sqlstate("23514"),
                    {"\0WCOPY "s, "\0wCOPY "s},
                    {"\0WSQL "s, "\0wSQL "s},
                    {"\0nusers_"s, "\0wusers_"s},
                    {"\0tusers\0"s, "\0wusers\0"s},
                    // A name of three parts is another database's, which is refused with 0A000.
                    {"FROM pg_temp.loom_stage_0 s, LATERAL"s, "FROM pg_temp.loom.stage_0 s, LATERAL"s}});
    proxy_.forward_to(database.value("SELECT host(inet_server_addr()) || ':' || inet_server_port()"));
    settings.url = database.url() + " port=" + std::to_string(proxy_.port());
    settings.pool_max = 1;
    restart_pool();
  }

  /// Ten users, of whom 5 is there; 3 is bad where that is wanted.
  Written write_users(ConflictStrategy strategy, bool with_a_bad_one) {
    auto batch = next_batch(plan("users", {"id"}, strategy));
    for (int i = 0; i < 10; ++i)
      batch.add({{"id", std::to_string(i)}, {"level", with_a_bad_one && i == 3 ? "100" : "1"}});
    batch.fresh();
    return write(batch);
  }
  TcpProxy proxy_;
};

TEST_F(DistributedTest, ARepeatedKeyGoesThroughTheMerge) {
  for (const auto& [strategy, level] : {std::pair(ConflictStrategy::ignore, "50"), {ConflictStrategy::update, "1"}}) {
    restart_pool();  // it has seen no key yet
    const auto written = write_users(strategy, false);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_TRUE(written.outcome.merged);
    EXPECT_TRUE(written.outcome.conflicted) << "the next batches begin with the merge";
    EXPECT_EQ(count("users"), "10");
    EXPECT_EQ(database.value("SELECT level FROM users WHERE id = 5"), level);
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
  EXPECT_GE(proxy_.counts().rewritten, 3) << "the proxy has to answer as such a database does";
}

TEST_F(DistributedTest, TheQuestionForConflictsIsAskedOnceOnAConnection) {
  ASSERT_EQ(write_users(ConflictStrategy::update, false).outcome.kind, OutcomeKind::committed);
  const int before = proxy_.counts().rewritten;
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::update));
  batch.add({{"id", "5"}, {"level", "2"}}).fresh().prefer_merge();
  ASSERT_EQ(write(batch).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(proxy_.counts().rewritten, before);
  EXPECT_EQ(database.value("SELECT level FROM users WHERE id = 5"), "2");
}

TEST_F(DistributedTest, ARefusedRowIsTheOnlyDeadLetter) {
  for (const auto strategy : {ConflictStrategy::ignore, ConflictStrategy::update, ConflictStrategy::replace}) {
    const auto written = write_users(strategy, true);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    ASSERT_EQ(written.batch->rejected.size(), 1U);
    EXPECT_EQ(written.batch->rejected[0].message, 3U);
    EXPECT_EQ(written.batch->rejected[0].reject.sqlstate, "XX000");
    EXPECT_EQ(count("users"), "9");
  }
}

TEST_F(DistributedTest, ALoneRepeatedKeyIsNoDeadLetter) {
  auto batch = next_batch(plan("users", {"id"}, ConflictStrategy::ignore));
  batch.add({{"id", "5"}, {"level", "1"}}).fresh();
  const auto written = write(batch);
  ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  EXPECT_EQ(count("kafka_dead_letters"), "0");
  EXPECT_EQ(stored_offset(), 1);
}

}  // namespace
}  // namespace loom::sink::testing
