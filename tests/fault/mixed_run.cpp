#include "mixed_run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

namespace loom::testing {

std::chrono::steady_clock::duration MixedRun::how_long() {
  using Clock = std::chrono::steady_clock;
  using Minutes = std::chrono::duration<double, std::ratio<60>>;
  const char* given = std::getenv("LOOM_FAULT_MIXED_MINUTES");
  if (given != nullptr) return std::chrono::duration_cast<Clock::duration>(Minutes(std::atof(given)));
  return long_run() ? Clock::duration(std::chrono::hours(1)) : Clock::duration(std::chrono::seconds(20));
}

void MixedRun::run(std::vector<FaultDeck::Kind> kinds, const std::string& fault) {
  using Clock = std::chrono::steady_clock;
  FaultDeck deck(std::move(kinds), [this](std::size_t end) { return index_below(end); });
  // Without fixed names: a named one that dies while it gives partitions up can leave them without an owner until the
  // next rebalance (docs/reliability.md).
  replicas_ = {&start_with_failpoints(), &start_with_failpoints(), &start_with_failpoints()};
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 8'000, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 101});
  ASSERT_TRUE(await_stored(20'000));
  const auto begin = Clock::now();
  const auto until = begin + how_long();
  auto progress_at = begin + std::chrono::minutes(1);
  while (Clock::now() < until && !HasFailure()) {
    pass(milliseconds(random(500, 4'000)));
    FaultDeck::Kind& kind = deck.draw();
    std::cout << fmt::format("{:7.1f} s: {}", std::chrono::duration<double>(Clock::now() - begin).count(), kind.name)
              << std::endl;
    kind.inject();
    ++kind.times;
    // The next one now and then meets those that have not recovered.
    if (random(1, 4) > 1) kind.recoveries.push_back(recovery(flow, seconds(90)));
    if (Clock::now() < progress_at) continue;
    std::cout << fmt::format("{:5.1f} min: {} faults, {} sent, {} stored or dead letters",
                             std::chrono::duration<double, std::ratio<60>>(Clock::now() - begin).count(),
                             deck.injected(), flow.sent(), stored())
              << std::endl;
    progress_at += std::chrono::minutes(1);
  }
  recovery(flow, seconds(120));
  settle(flow, std::chrono::minutes(10));
  std::cout << deck.in_words() << '\n' << verdict().describe() << std::endl;
  for (auto* replica : replicas_) EXPECT_TRUE(replica->running());
  record(fault + ": three replicas, 8,000 messages a second, 1 % bad", deck.injected(), deck.in_words());
}

void MixedRun::freeze_replica() {
  ServiceProcess& victim = any_replica();
  victim.send(SIGSTOP);
  EXPECT_TRUE(frozen(victim));
  pass(milliseconds(random(7'000, 11'000)));  // the session is over after six
  EXPECT_TRUE(frozen(victim));
  victim.send(SIGCONT);
}

void MixedRun::restart_replica() {
  ServiceProcess& service = any_replica();
  stop_in_order(service);
  service.start();
}

void MixedRun::terminate_sessions() {
  const std::string ended = database().value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
  std::cout << ended << " sessions ended" << std::endl;
}

}  // namespace loom::testing
