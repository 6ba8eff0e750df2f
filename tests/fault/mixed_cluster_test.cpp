// Three brokers and two PostgreSQL servers: failovers of the database among the faults of brokers and replicas.
#include "mixed_run.h"
#include "support/postgres_pair.h"

namespace loom::testing {
namespace {

class MixedClusterTest : public MixedRun {
 protected:
  MixedClusterTest() : MixedRun(cluster(), ServerAt{pair().url()}) {}

  static PostgresPair& pair() {
    static PostgresPair servers({"wal_buffers=64MB", "max_wal_size=4GB"});
    return servers;
  }

  [[nodiscard]] bool whole() {
    for (std::int32_t partition = 0; partition < 6; ++partition) {
      const PartitionPlace place = kafka().place_of(topic_, partition);
      if (place.leader < 0 || place.in_sync.size() < 3) return false;
    }
    return true;
  }
  void await_whole() {
    ASSERT_TRUE(await(seconds(120), [&] { return whole(); })) << "the brokers' copies do not catch up";
  }
  void kill_and_start_again(std::int32_t broker) {
    kafka().kill9(broker);
    ASSERT_FALSE(kafka().runs(broker)) << "the fault";
    pass(milliseconds(random(0, 5'000)));
    kafka().restart(broker);
    await_whole();
  }
  std::int32_t leader() { return kafka().place_of(topic_, random(0, 5)).leader; }

  void kill_leader() { kill_and_start_again(leader()); }
  void kill_coordinator() {
    std::int32_t coordinator = -1;
    // Nobody may know it at the moment, which is no fault of the service's: then it is a leader's turn.
    if (!await(seconds(20), [&] { return (coordinator = kafka().coordinator_of(group())) > 0; }))
      coordinator = leader();
    kill_and_start_again(coordinator);
  }
  void kill_two() {
    const std::int32_t first = leader();
    kafka().kill9(first);
    kafka().kill9(first % 3 + 1);
    pass(milliseconds(random(1'000, 5'000)));
    kafka().restart_all();
    await_whole();
  }
  void freeze_leader() {
    const std::int32_t frozen = leader();
    kafka().freeze(frozen);
    pass(milliseconds(random(5'000, 9'000)));
    kafka().thaw(frozen);
    await_whole();
  }
  void restart_broker() {
    const std::int32_t broker = random(1, 3);
    kafka().stop(broker);
    kafka().restart(broker);
    await_whole();
  }
  /// `lagging`: the standby has not heard of the last commits.
  void fail_over(bool lagging) {
    if (lagging) {
      pair().standby().stop_following();
      ASSERT_TRUE(await_stored(stored() + 1'000, seconds(60)));
    }
    pair().fail_over();
    pass(milliseconds(random(0, 3'000)));
    pair().make_standby_again();
  }

 private:
  static KafkaServer& cluster() {
    static KafkaServer servers(
        KafkaClusterSettings{.copies = 3, .of_topics = {{"min.insync.replicas", "2"}, {"segment.bytes", "33554432"}}});
    return servers;
  }
};

TEST_F(MixedClusterTest, EveryMessageIsOneRowOrOneDeadLetterWhateverHappens) {
  if (!long_run()) GTEST_SKIP() << "CI has no time for it: scripts/fault-report.sh --only MixedCluster";
  run({{.name = "SIGKILL of a replica", .inject = [&] { kill_and_start(any_replica()); }},
       {.name = "freeze", .inject = [&] { freeze_replica(); }},
       {.name = "SIGTERM and start", .inject = [&] { restart_replica(); }},
       {.name = "all sessions terminated", .inject = [&] { terminate_sessions(); }},
       {.name = "SIGKILL of a leader", .inject = [&] { kill_leader(); }},
       {.name = "SIGKILL of the coordinator", .inject = [&] { kill_coordinator(); }},
       {.name = "SIGKILL of two brokers", .inject = [&] { kill_two(); }},
       {.name = "a leader frozen", .inject = [&] { freeze_leader(); }},
       {.name = "a broker restarted", .inject = [&] { restart_broker(); }},
       {.name = "failover of PostgreSQL", .inject = [&] { fail_over(false); }},
       {.name = "failover to a standby that lags", .inject = [&] { fail_over(true); }}},
      "all of them mixed, three brokers, two PostgreSQL servers");
}

}  // namespace
}  // namespace loom::testing
