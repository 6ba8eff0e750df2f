// PgBouncer between the service and the database.
#include <fmt/format.h>

#include "outage_test.h"
#include "support/pgbouncer.h"

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

}  // namespace
}  // namespace loom::testing
