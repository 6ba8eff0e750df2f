// Two PostgreSQL servers with streaming replication: the primary is killed while messages flow, the standby takes over.
#include <fmt/format.h>

#include <iostream>

#include "fault_test.h"
#include "support/postgres_pair.h"

namespace loom::testing {
namespace {

class FailoverTest : public FaultTest {
 protected:
  FailoverTest() : FaultTest(KafkaServer::shared(), ServerAt{pair().url()}) {}

  /// Two replicas and a load; failovers; each time the old primary becomes the standby. `before_it`: right before.
  template <typename Before>
  void fail_over_again_and_again(int times, const Environment& settings, const Before& before_it) {
    first_ = &start(settings);
    second_ = &start(settings);
    ASSERT_TRUE(await_partitions(*first_) && await_partitions(*second_));
    const pid_t processes[] = {first_->pid(), second_->pid()};
    Flow flow(bootstrap(), topic_, {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}});
    for (int i = 1; i <= times; ++i) {
      ASSERT_TRUE(await_stored(stored() + 3'000));
      pass(milliseconds(random(0, 1'000)));
      before_it();
      if (HasFatalFailure()) return;
      pair().fail_over();
      // It may be a copy of one that waits for a standby, and has none now.
      database().run("ALTER SYSTEM RESET synchronous_standby_names");
      database().run("SELECT pg_reload_conf()");
      std::cout << "failover " << i << ": recovered in " << recovery(flow).count() << " ms" << std::endl;
      pair().make_standby_again();
    }
    settle(flow);
    EXPECT_TRUE(first_->running() && first_->pid() == processes[0]);
    EXPECT_TRUE(second_->running() && second_->pid() == processes[1]);
  }
  [[nodiscard]] bool anyone_logged(const std::string& text) const {
    return first_->logged(text) || second_->logged(text);
  }

  ServiceProcess* first_ = nullptr;
  ServiceProcess* second_ = nullptr;

  static PostgresPair& pair() {
    static PostgresPair servers({"wal_buffers=64MB"});
    return servers;
  }
};

/// What the service says when an offset that it had stored is not there any more.
constexpr const char* kTakenBack = "the database stands at offset";

/// Rows and offsets are lost together, and stored again.
TEST_F(FailoverTest, WhatTheStandbyHasNotIsStoredAgain) {
  const int times = rounds(1, 20);
  std::int64_t forgotten = 0;
  fail_over_again_and_again(times, {}, [&] {
    pair().standby().stop_following();
    const std::int64_t known = stored();
    ASSERT_TRUE(await_stored(known + 1'000));
    forgotten += stored() - known;  // it knows less than that, if anything
  });
  EXPECT_TRUE(anyone_logged(kTakenBack)) << "the standby had everything";
  record("PostgreSQL's primary killed, an asynchronous standby promoted", times,
         fmt::format("at least {} committed messages forgotten and stored again", forgotten));
}

TEST_F(FailoverTest, ASynchronousStandbyForgetsNothing) {
  const int times = rounds(1, 20);
  fail_over_again_and_again(times, {{"LOOM_DB_SYNCHRONOUS_COMMIT", "true"}}, [&] {
    database().run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    database().run("SELECT pg_reload_conf()");
    ASSERT_TRUE(await(seconds(20), [&] { return count("pg_stat_replication WHERE sync_state = 'sync'") == 1; }));
    ASSERT_TRUE(await_stored(stored() + 1'000));
  });
  EXPECT_FALSE(anyone_logged(kTakenBack));
  record("PostgreSQL's primary killed, a synchronous standby promoted", times);
}

}  // namespace
}  // namespace loom::testing
