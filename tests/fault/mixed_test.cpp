// All faults, drawn from the seed, while three replicas store 8,000 messages a second of which every hundredth is bad.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include "fault_test.h"

namespace loom::testing {
namespace {

using Clock = std::chrono::steady_clock;

class MixedTest : public FaultTest {
 protected:
  struct Kind {
    const char* name;
    void (MixedTest::*inject)();
    int times = 0;
    std::vector<milliseconds> recoveries;
  };

  MixedTest() : FaultTest(broker()) {}

  /// Without fixed names: a named one that dies while it gives partitions up can leave them without an owner until the
  /// next rebalance (docs/reliability.md).
  void start_replicas() { replicas_ = {&start_with_failpoints(), &start_with_failpoints(), &start_with_failpoints()}; }

  /// The next kind: each once, in the order of the seed, then all again.
  Kind& draw() {
    if (deck_.empty()) {
      for (auto& kind : kinds_) deck_.push_back(&kind);
      for (std::size_t i = deck_.size(); i > 1; --i) std::swap(deck_[i - 1], deck_[index_below(i)]);
    }
    Kind& kind = *deck_.back();
    deck_.pop_back();
    return kind;
  }

  void inject(Kind& kind, const Flow& flow) {
    (this->*kind.inject)();
    ++kind.times;
    if (random(1, 4) == 1) return;  // the next one meets those that have not recovered
    kind.recoveries.push_back(recovery(flow, seconds(90)));
  }

  void show_progress(const Flow& flow, Clock::time_point begin) const {
    std::cout << fmt::format("{:5.1f} min: {} faults, {} sent, {} stored or dead letters",
                             std::chrono::duration<double, std::ratio<60>>(Clock::now() - begin).count(), injected(),
                             flow.sent(), stored())
              << std::endl;
  }

  [[nodiscard]] int injected() const {
    int all = 0;
    for (const auto& kind : kinds_) all += kind.times;
    return all;
  }

  [[nodiscard]] std::string kinds_in_words() {
    std::string text;
    for (auto& [name, inject, times, recoveries] : kinds_) {
      if (!text.empty()) text += ", ";
      text += fmt::format("{} {}", times, name);
      if (recoveries.empty()) continue;
      std::sort(recoveries.begin(), recoveries.end());
      text += fmt::format(" ({:.1f} s, longest {:.1f} s)",
                          static_cast<double>(recoveries[(recoveries.size() - 1) / 2].count()) / 1000,
                          static_cast<double>(recoveries.back().count()) / 1000);
    }
    return text;
  }

  std::vector<ServiceProcess*> replicas_;

 private:
  static KafkaServer& broker() {
    // Small segments: what a broker that was killed has to read again when it starts stays small, too.
    static KafkaServer own(KafkaSettings{.listeners = {}, .properties = {"log.segment.bytes=33554432"}});
    return own;
  }

  std::size_t index_below(std::size_t end) { return static_cast<std::size_t>(random(0, static_cast<int>(end) - 1)); }
  ServiceProcess& any_replica() { return *replicas_[index_below(replicas_.size())]; }

  // ---- The faults. Each returns when it is over: all processes run again.

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
    const std::size_t chosen = index_below(replicas_.size());
    ServiceProcess& victim = *replicas_[chosen];
    const int before = fired(name);
    const int nth = random(1, point.most);
    std::cout << "replica " << chosen + 1 << " dies at " << name << ", pass " << nth << std::endl;
    arm(victim, name, nth);
    if (name == "leaving") victim.send(SIGTERM);
    if (name == "revoking") make_it_revoke(*replicas_[(chosen + 1) % replicas_.size()], before);
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

  void freeze_replica() {
    ServiceProcess& victim = any_replica();
    victim.send(SIGSTOP);
    EXPECT_TRUE(frozen(victim));
    pass(milliseconds(random(7'000, 11'000)));  // the session is over after six
    EXPECT_TRUE(frozen(victim));
    victim.send(SIGCONT);
  }

  void restart_replica() { restart(any_replica()); }
  void restart(ServiceProcess& service) {
    stop_in_order(service);
    service.start();
  }

  void kill_database() { kill_and_start_database(milliseconds(random(0, 3'000))); }
  void stop_database_immediately() {
    own_server_->stop_immediately();
    pass(milliseconds(random(0, 3'000)));
    own_server_->restart();
  }

  void terminate_sessions() {
    const std::string ended = database().value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
    std::cout << ended << " sessions ended" << std::endl;
    sessions_ended_ += std::stoi(ended);
  }

  void kill_broker() { kill_and_start_broker(milliseconds(random(0, 3'000))); }

  std::array<Kind, 8> kinds_{{{"SIGKILL of a replica", &MixedTest::kill_replica, 0, {}},
                              {"SIGKILL at a failpoint", &MixedTest::kill_at_a_failpoint, 0, {}},
                              {"freeze", &MixedTest::freeze_replica, 0, {}},
                              {"SIGTERM and start", &MixedTest::restart_replica, 0, {}},
                              {"SIGKILL of PostgreSQL", &MixedTest::kill_database, 0, {}},
                              {"pg_ctl -m immediate", &MixedTest::stop_database_immediately, 0, {}},
                              {"all sessions terminated", &MixedTest::terminate_sessions, 0, {}},
                              {"SIGKILL of the broker", &MixedTest::kill_broker, 0, {}}}};
  std::vector<Kind*> deck_;

 protected:
  int sessions_ended_ = 0;
};

/// CI: 20 s; the long run: an hour; LOOM_FAULT_MIXED_MINUTES: so many.
Clock::duration how_long(bool long_run) {
  using Minutes = std::chrono::duration<double, std::ratio<60>>;
  const char* given = std::getenv("LOOM_FAULT_MIXED_MINUTES");
  if (given != nullptr) return std::chrono::duration_cast<Clock::duration>(Minutes(std::atof(given)));
  return long_run ? Clock::duration(std::chrono::hours(1)) : Clock::duration(std::chrono::seconds(20));
}

TEST_F(MixedTest, EveryMessageIsOneRowOrOneDeadLetterWhateverHappens) {
  start_replicas();
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 8'000, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 101});
  ASSERT_TRUE(await_stored(20'000));
  const auto begin = Clock::now();
  const auto until = begin + how_long(long_run());
  auto progress_at = begin + std::chrono::minutes(1);
  while (Clock::now() < until && !HasFailure()) {
    pass(milliseconds(random(500, 4'000)));
    Kind& kind = draw();
    std::cout << fmt::format("{:7.1f} s: {}", std::chrono::duration<double>(Clock::now() - begin).count(), kind.name)
              << std::endl;
    inject(kind, flow);
    if (Clock::now() < progress_at) continue;
    show_progress(flow, begin);
    progress_at += std::chrono::minutes(1);
  }
  recovery(flow, seconds(120));
  settle(flow, std::chrono::minutes(10));
  std::cout << kinds_in_words() << '\n' << verdict().describe() << std::endl;
  for (auto* replica : replicas_) EXPECT_TRUE(replica->running());
  record("all of them mixed: three replicas, 8,000 messages a second, 1 % bad", injected(), kinds_in_words());
}

}  // namespace
}  // namespace loom::testing
