// SIGKILL at the moments when a process has the most to lose, and a new start after each.
#include <iostream>

#include "base/failpoints.h"
#include "fault_test.h"

namespace loom::testing {
namespace {

class KillPointsTest : public FaultTest, public ::testing::WithParamInterface<Failpoint> {
 protected:
  KillPointsTest() : FaultTest(KafkaServer::shared(), Database::shared) {}

  /// The passes among which the fatal one is drawn: about a second of them.
  [[nodiscard]] static int passes() {
    switch (GetParam()) {
      case Failpoint::polled:
        return 3'000;
      case Failpoint::copying:
      case Failpoint::writing_dead_letter:
      case Failpoint::before_commit:
      case Failpoint::commit_sent:
      case Failpoint::committed:
        return 12;
      case Failpoint::revoking:
      case Failpoint::leaving:
        return 1;
    }
    return 1;
  }
};

TEST_P(KillPointsTest, NothingIsLostOrTwice) {
  const std::string point(to_string(GetParam()));
  const int kills = rounds(2, 20);
  auto& service = start_with_failpoints({}, "named");
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 50});
  ASSERT_TRUE(await_stored(1'000));
  ServiceProcess* other = nullptr;
  for (int kill = 1; kill <= kills; ++kill) {
    pass(milliseconds(random(50, 500)));
    const int nth = random(1, passes());
    arm(service, point, nth);
    if (GetParam() == Failpoint::leaving) service.send(SIGTERM);
    if (GetParam() == Failpoint::revoking) {
      // One that joins makes the other give up some of its partitions.
      if (other == nullptr) {
        other = &start();
      } else {
        other->start();
      }
    }
    ASSERT_TRUE(killed(service)) << "kill " << kill;
    ASSERT_EQ(fired(point), kill);
    const std::int64_t messages = stored();
    service.start();
    std::cout << point << ", kill " << kill << " at pass " << nth << ": " << flow.sent() << " sent, " << messages
              << " stored, recovered in " << recovery(flow).count() << " ms" << std::endl;
    if (other != nullptr) stop_in_order(*other);
  }
  settle(flow);
  EXPECT_TRUE(service.running());
  record("SIGKILL of a replica at `" + point + "`", kills);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KillPointsTest,
                         ::testing::Values(Failpoint::polled, Failpoint::copying, Failpoint::writing_dead_letter,
                                           Failpoint::before_commit, Failpoint::commit_sent, Failpoint::committed,
                                           Failpoint::revoking, Failpoint::leaving),
                         [](const auto& point) { return std::string(to_string(point.param)); });

}  // namespace
}  // namespace loom::testing
