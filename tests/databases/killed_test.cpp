// TimescaleDB and the service killed while rows go into chunks that are made for them: the short form of tests/fault.
#include <algorithm>

#include "extended_test.h"
#include "fault_test.h"

namespace loom::testing {
namespace {

class HypertableKilledTest : public FaultTest {
 protected:
  /// A chunk is 4,285 numbers, so that there is a new one each half second.
  explicit HypertableKilledTest(const std::string& key = "") : FaultTest(KafkaServer::shared()) {
    make_extensions(database(), {"timescaledb"});
    if (!key.empty()) database().run("ALTER TABLE numbers ADD PRIMARY KEY (" + key + ")");
    make_hypertable(database(), "numbers", "taken_at", "30 seconds");
  }

  void expect_chunks() const {
    EXPECT_EQ(count("ONLY numbers"), 0);
    EXPECT_EQ(chunks_of(database(), "numbers"),
              std::stoll(database().value("SELECT count(DISTINCT floor(extract(epoch FROM taken_at) / 30)) FROM "
                                          "numbers")));
  }

  static constexpr double kRate = 8'000;
};

TEST_F(HypertableKilledTest, PostgresKilledWhileChunksAreMade) {
  auto& service = start();
  const pid_t process = service.pid();
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = kRate, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 1'000});
  const int times = rounds(2, 20);
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(await_stored(stored() + 5'000)) << "nothing is stored any more";
    pass(milliseconds(random(200, 1'500)));
    kill_and_start_database(milliseconds(random(0, 1'500)));
    recovery(flow);
  }
  settle(flow);
  EXPECT_EQ(service.pid(), process);
  EXPECT_TRUE(service.running());
  expect_chunks();
  record("SIGKILL of PostgreSQL with TimescaleDB, into a hypertable", times,
         std::to_string(chunks_of(database(), "numbers")) + " chunks made");
}

TEST_F(HypertableKilledTest, ReplicaKilledWhileChunksAreMade) {
  auto& service = start_with_name();
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = kRate, .shares = {1, 1, 1, 1, 1, 1}});
  const int kills = rounds(3, 20);
  for (int kill = 0; kill < kills; ++kill) {
    pass(milliseconds(random(300, 2'000)));
    kill_and_start(service);
  }
  recovery(flow);
  settle(flow);
  expect_chunks();
  record("SIGKILL of a replica, into a hypertable", kills,
         std::to_string(chunks_of(database(), "numbers")) + " chunks made");
}

}  // namespace
}  // namespace loom::testing
