// Consumer and database killed at any moment while messages flow.
#include <algorithm>
#include <iostream>

#include "fault_test.h"

namespace loom::testing {
namespace {

const std::vector<unsigned> kEvenly{1, 1, 1, 1, 1, 1};

class KilledTest : public FaultTest {
 protected:
  KilledTest() : FaultTest(KafkaServer::shared()) {}

  /// One replica, a load, and `fault` to its database again and again: the same process stores all of it.
  template <typename Fault>
  void break_the_database(const std::string& name, int times, const Fault& fault) {
    auto& service = start();
    const pid_t process = service.pid();
    Flow flow(bootstrap(), topic_, {.from = 0, .rate = 8'000, .shares = kEvenly});
    std::int64_t forgotten = 0;
    for (int i = 1; i <= times; ++i) {
      ASSERT_TRUE(await_stored(stored() + 5'000)) << "nothing is stored any more";
      pass(milliseconds(random(500, 3'000)));
      forgotten += fault();
      std::cout << name << " " << i << ": recovered in " << recovery(flow).count() << " ms" << std::endl;
    }
    settle(flow);
    EXPECT_TRUE(service.running());
    EXPECT_EQ(service.pid(), process);
    EXPECT_GT(forgotten, 0) << "no commit was lost, so that nothing had to be stored again";
    record(name, times, std::to_string(forgotten) + " committed messages forgotten by PostgreSQL and stored again");
  }
};

TEST_F(KilledTest, ConsumerKilledAgainAndAgain) {
  const int kills = rounds(4, 20);
  auto& service = start_with_name();
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 5'500, .shares = kEvenly});
  std::int64_t before = 0;
  int in_full_flow = 0;
  for (int kill = 1; kill <= kills; ++kill) {
    pass(milliseconds(random(150, 2'700)));
    const std::int64_t messages = kill_and_start(service);
    if (messages > before) ++in_full_flow;
    std::cout << "kill " << kill << ": " << flow.sent() << " sent, " << messages << " stored" << std::endl;
    before = messages;
  }
  recovery(flow);
  settle(flow);
  EXPECT_TRUE(service.running());
  EXPECT_GE(in_full_flow, kills / 2) << "too many kills hit a consumer that had stored nothing since its start";
  record("SIGKILL of a replica at any moment", kills);
}

TEST_F(KilledTest, PostgresKilledAgainAndAgain) {
  break_the_database("SIGKILL of PostgreSQL, synchronous_commit off", rounds(1, 20),
                     [&] { return kill_and_start_database(milliseconds(random(0, 3'000))); });
}

}  // namespace
}  // namespace loom::testing
