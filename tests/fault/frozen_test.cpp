// Replicas that are frozen for so long that others take over, and wake up with what they held.
#include <iostream>

#include "fault_test.h"

namespace loom::testing {
namespace {

class FrozenTest : public FaultTest {
 protected:
  FrozenTest() : FaultTest(KafkaServer::shared(), Database::shared) {}

  Flow::Settings load() const { return {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}}; }

  /// Two replicas that share the partitions.
  void start_two(const Environment& more = {}) {
    victim_ = &start_with_failpoints(more);
    ASSERT_TRUE(await_partitions(*victim_));
    other_ = &start_with_failpoints(more);
    ASSERT_TRUE(await_partitions(*other_));
  }

  /// Freezes the one at this point, and returns when the other one stores its partitions, too.
  void freeze_at(const std::string& point, int nth, const Flow& flow) {
    const int before = fired(point);
    arm(*victim_, point, nth, "stop");
    ASSERT_TRUE(frozen(*victim_));
    ASSERT_EQ(fired(point), before + 1);
    recovery(flow);
    ASSERT_TRUE(frozen(*victim_)) << "it woke up by itself";
  }

  /// Lets it go on until it has partitions again, and then leave, so that it says what became of its batches.
  std::int64_t wake_and_count_refused() {
    const std::int64_t before = refused_as_stale(*victim_);
    const std::size_t log = victim_->log().size();
    victim_->send(SIGCONT);
    EXPECT_TRUE(await_partitions(*victim_, log)) << "it did not join again";
    stop_in_order(*victim_);
    return refused_as_stale(*victim_) - before;
  }

  void start_again() {
    const std::size_t log = victim_->log().size();
    victim_->start();
    ASSERT_TRUE(await_partitions(*victim_, log));
  }

  /// Freezes, takeovers, awakenings. Only a batch that leaves before the client notices that its session is over can
  /// be refused, so a short run goes on until it has seen one.
  void freeze_again_and_again(const std::string& fault) {
    Flow flow(bootstrap(), topic_, load());
    const int least = rounds(1, 20);
    const int most = rounds(4, 20);
    std::int64_t refused = 0;
    int freezes = 0;
    while (freezes < least || (freezes < most && refused == 0)) {
      if (freezes > 0) start_again();
      pass(milliseconds(random(100, 1'000)));
      freeze_at("polled", random(1, 1'500), flow);
      if (HasFatalFailure()) return;
      pass(milliseconds(random(0, 1'000)));
      refused += wake_and_count_refused();
      std::cout << "freeze " << ++freezes << ": " << flow.sent() << " sent, " << stored() << " stored, " << refused
                << " batches refused" << std::endl;
    }
    settle(flow);
    EXPECT_TRUE(other_->running());
    EXPECT_GT(refused, 0) << "no batch was stale in " << freezes << " freezes";
    record(fault, freezes, std::to_string(refused) + " stale batches refused");
  }

  ServiceProcess* victim_ = nullptr;
  ServiceProcess* other_ = nullptr;
};

TEST_F(FrozenTest, PastTheSessionTimeoutItsStaleBatchIsRefused) {
  ASSERT_NO_FATAL_FAILURE(start_two());
  freeze_again_and_again("SIGSTOP past the session timeout, then SIGCONT");
}

/// A stopped process sends no heartbeats either, and its session is over first. So here our own threads hang and
/// librdkafka's do not: the group thread in a revocation, for which a third replica joins, and the workers at the next
/// message that they take.
TEST_F(FrozenTest, PastThePollIntervalOthersTakeOverFromAReplicaThatStillSendsHeartbeats) {
  constexpr std::string_view kNoticed = "maximum poll interval";
  const Environment impatient{{"LOOM_RDKAFKA_MAX_POLL_INTERVAL_MS", "6000"}};
  ASSERT_NO_FATAL_FAILURE(start_two(impatient));
  ServiceProcess& third = start(impatient);
  ASSERT_TRUE(await_partitions(third));
  Flow flow(bootstrap(), topic_, load());
  const int hangs = rounds(1, 20);
  std::int64_t refused = 0;
  for (int hang = 1; hang <= hangs; ++hang) {
    if (hang > 1) start_again();
    stop_in_order(third);
    await_all_partitions(flow);
    arm(*victim_, "revoking", 1, "hang");
    const std::size_t log = victim_->log().size();
    third.start();
    ASSERT_TRUE(await(seconds(20), [&] { return fired("revoking") == hang; }));
    recovery(flow);  // by the other two
    EXPECT_NE(victim_->log().find(kNoticed, log), std::string::npos) << "its client did not notice";
    refused += wake_and_count_refused();
    std::cout << "hang " << hang << ": " << flow.sent() << " sent, " << stored() << " stored, " << refused
              << " batches refused" << std::endl;
  }
  settle(flow);
  record("own threads hang past max.poll.interval while heartbeats go on", hangs,
         std::to_string(refused) + " stale batches refused");
}

TEST_F(FrozenTest, BetweenCopyInResponseAndCopyDoneTheNewOwnerWritesWithinFiveSeconds) {
  ASSERT_NO_FATAL_FAILURE(start_two());
  Flow flow(bootstrap(), topic_, load());
  const int freezes = rounds(1, 10);
  for (int freeze = 1; freeze <= freezes; ++freeze) {
    if (freeze > 1) start_again();
    ASSERT_TRUE(await_stored(stored() + 3'000));
    const std::size_t log = other_->log().size();
    arm(*victim_, "copying", random(1, 10), "stop");
    ASSERT_TRUE(frozen(*victim_));
    ASSERT_EQ(fired("copying"), freeze);
    // It may still be busy with the rows that it has.
    EXPECT_TRUE(await(seconds(5), [&] {
      return count(
                 "pg_stat_progress_copy JOIN pg_stat_activity USING (pid)"
                 " WHERE pg_stat_activity.datname = current_database()"
                 " AND wait_event = 'ClientRead'") >= 1;
    })) << "no session is in the middle of a COPY";
    ASSERT_TRUE(await_partitions(*other_, log)) << "nobody took over";
    const auto took = recovery(flow);  // from the assignment on
    EXPECT_TRUE(frozen(*victim_));
    EXPECT_LE(took, seconds(5));
    std::cout << "freeze " << freeze << ": the new owner wrote " << took.count() << " ms after its assignment\n";
    wake_and_count_refused();
  }
  settle(flow);
  record("SIGSTOP between CopyInResponse and CopyDone (recovery: from the new owner's assignment)", freezes);
}

}  // namespace
}  // namespace loom::testing
