// One broker and one PostgreSQL: all faults of them and of the replicas.
#include <array>
#include <iostream>

#include "mixed_run.h"

namespace loom::testing {
namespace {

class MixedTest : public MixedRun {
 protected:
  MixedTest() : MixedRun(broker()) {}

  void kill_replica() { kill_and_start(any_replica()); }

  void kill_at_a_failpoint() {
    struct Point {
      const char* name;
      int most;
    };
    static constexpr std::array<Point, 8> kPoints{{{"polled", 20'000},
                                                   {"copying", 30},
                                                   {"writing_dead_letter", 10},
                                                   {"before_commit", 30},
                                                   {"commit_sent", 30},
                                                   {"committed", 30},
                                                   {"revoking", 1},
                                                   {"leaving", 1}}};
    const Point& point = kPoints[index_below(kPoints.size())];
    const std::string name = point.name;
    const std::size_t chosen = index_below(replicas().size());
    ServiceProcess& victim = *replicas()[chosen];
    const int before = fired(name);
    const int nth = random(1, point.most);
    std::cout << "replica " << chosen + 1 << " dies at " << name << ", pass " << nth << std::endl;
    arm(victim, name, nth);
    if (name == "leaving") victim.send(SIGTERM);
    if (name == "revoking") make_it_revoke(*replicas()[(chosen + 1) % replicas().size()], before);
    EXPECT_TRUE(killed(victim, seconds(60))) << name;
    EXPECT_EQ(fired(name), before + 1);
    if (!victim.running()) victim.start();
  }

  /// Another one leaves, and joins again when the rest have its partitions. Who gives some up for it is the group's
  /// business, so it may have to do it again.
  void make_it_revoke(ServiceProcess& other, int fired_before) {
    const auto done = [&] { return fired("revoking") > fired_before; };
    for (int i = 0; i < 12 && !done(); ++i) {
      stop_in_order(other);
      pass(seconds(2));
      other.start();
      await(seconds(5), done);
    }
  }

  void kill_database() { kill_and_start_database(milliseconds(random(0, 3'000))); }
  void stop_database_immediately() {
    own_server_->stop_immediately();
    pass(milliseconds(random(0, 3'000)));
    own_server_->restart();
  }

  void kill_broker() { kill_and_start_broker(milliseconds(random(0, 3'000))); }

 private:
  static KafkaServer& broker() {
    // Small segments: what a broker that was killed has to read again when it starts stays small, too.
    static KafkaServer own(KafkaSettings{.listeners = {}, .properties = {"log.segment.bytes=33554432"}});
    return own;
  }
};

TEST_F(MixedTest, EveryMessageIsOneRowOrOneDeadLetterWhateverHappens) {
  run({{.name = "SIGKILL of a replica", .inject = [&] { kill_replica(); }},
       {.name = "SIGKILL at a failpoint", .inject = [&] { kill_at_a_failpoint(); }},
       {.name = "freeze", .inject = [&] { freeze_replica(); }},
       {.name = "SIGTERM and start", .inject = [&] { restart_replica(); }},
       {.name = "SIGKILL of PostgreSQL", .inject = [&] { kill_database(); }},
       {.name = "pg_ctl -m immediate", .inject = [&] { stop_database_immediately(); }},
       {.name = "all sessions terminated", .inject = [&] { terminate_sessions(); }},
       {.name = "SIGKILL of the broker", .inject = [&] { kill_broker(); }}},
      "all of them mixed");
}

}  // namespace
}  // namespace loom::testing
