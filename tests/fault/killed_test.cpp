#include <algorithm>
#include <iostream>

#include "fault_test.h"

namespace loom::testing {
namespace {

constexpr std::int64_t kMessages = 200'000;
const std::vector<unsigned> kEvenly{1, 1, 1, 1, 1, 1};

class KilledTest : public FaultTest {
 protected:
  KilledTest() : FaultTest(KafkaServer::shared()) {}
};

TEST_F(KilledTest, ConsumerKilled20Times) {
  constexpr int kKills = 20;
  auto& service = start_with_name();
  Flow flow(bootstrap(), topic_, {.from = 0, .to = kMessages, .rate = 5'500, .shares = kEvenly});
  std::int64_t rows_before = 0;
  int in_full_flow = 0;
  for (int kill = 1; kill <= kKills; ++kill) {
    pass(milliseconds(random(150, 2'700)));
    const bool flowing = flow.flowing();
    const std::int64_t rows = kill_and_start(service);
    if (flowing && rows > rows_before) ++in_full_flow;
    std::cout << "kill " << kill << ": " << flow.sent() << " sent, " << rows << " rows" << std::endl;
    rows_before = rows;
  }
  settle(flow, kMessages);
  EXPECT_TRUE(service.running());
  EXPECT_GE(in_full_flow, kKills / 2) << "too many kills hit a consumer that had stored nothing since its start";
}

TEST_F(KilledTest, PostgresKilledTwice) {
  auto& service = start();
  const pid_t process = service.pid();
  Flow flow(bootstrap(), topic_, {.from = 0, .to = kMessages, .rate = 9'000, .shares = kEvenly});
  std::int64_t forgotten = 0;
  for (int kill = 1; kill <= 2; ++kill) {
    const std::int64_t rows = count("numbers");
    ASSERT_TRUE(await_count("numbers", rows + 5'000)) << "nothing is stored any more";
    pass(milliseconds(random(1'000, 5'000)));
    EXPECT_TRUE(flow.flowing());
    forgotten += kill_and_start_database(milliseconds(random(0, 3'000)));
  }
  EXPECT_GT(forgotten, 0) << "no commit was lost, so that nothing had to be stored again";
  settle(flow, kMessages);
  EXPECT_TRUE(service.running());
  EXPECT_EQ(service.pid(), process);
}

/// With a broker that may be killed, too.
class EverythingKilledTest : public FaultTest {
 protected:
  EverythingKilledTest() : FaultTest(own_broker()) {}

 private:
  static KafkaServer& own_broker() {
    static KafkaServer broker;
    return broker;
  }
};

TEST_F(EverythingKilledTest, ConsumersDatabaseAndBrokerInTurns) {
  enum class Fault { consumer, database, broker };
  std::vector<Fault> faults{Fault::consumer, Fault::consumer, Fault::consumer, Fault::consumer,
                            Fault::consumer, Fault::database, Fault::database, Fault::broker};
  for (std::size_t i = faults.size(); i > 1; --i) {
    std::swap(faults[i - 1], faults[static_cast<std::size_t>(random(0, static_cast<int>(i) - 1))]);
  }
  auto& first = start_with_name();
  auto& second = start();  // without a name: its partitions wait for the end of its session when it is killed
  Flow flow(bootstrap(), topic_, {.from = 0, .to = kMessages / 2, .rate = 4'000, .shares = kEvenly});
  for (const Fault fault : faults) {
    pass(milliseconds(random(500, 3'500)));
    switch (fault) {
      case Fault::consumer:
        kill_and_start(random(0, 2) == 0 ? second : first);
        break;
      case Fault::database:
        kill_and_start_database(milliseconds(random(0, 2'000)));
        break;
      case Fault::broker:
        kafka().kill9();
        pass(milliseconds(random(0, 2'000)));
        kafka().restart();
        std::cout << "the broker was killed and is back" << std::endl;
        break;
    }
  }
  settle(flow, kMessages / 2);
  EXPECT_TRUE(first.running());
  EXPECT_TRUE(second.running());
}

}  // namespace
}  // namespace loom::testing
