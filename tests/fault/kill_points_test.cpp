// SIGKILL at the moments when a process has the most to lose, and a new start after each.
#include <iostream>

#include "base/failpoints.h"
#include "fault_test.h"

namespace loom::testing {
namespace {

struct Place {
  Failpoint point;
  std::string name;
  bool fixed_name = true;  ///< of the replica: it has its partitions back as soon as it starts again
  std::string strategy = "cooperative-sticky";
};

class KillPointsTest : public FaultTest, public ::testing::WithParamInterface<Place> {
 protected:
  KillPointsTest() : FaultTest(KafkaServer::shared(), Database::shared) {}

  /// The passes among which the fatal one is drawn: about a second of them.
  [[nodiscard]] static int passes() {
    switch (GetParam().point) {
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
  const Place& place = GetParam();
  const std::string point(to_string(place.point));
  const int kills = rounds(place.fixed_name ? 2 : 1, 20);
  const Environment strategy{{"LOOM_RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY", place.strategy}};
  auto& service = start_with_failpoints(strategy, place.fixed_name ? "named" : "");
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 50});
  ASSERT_TRUE(await_stored(1'000));
  ServiceProcess* other = nullptr;
  for (int kill = 1; kill <= kills; ++kill) {
    pass(milliseconds(random(50, 500)));
    const int nth = random(1, passes());
    arm(service, point, nth);
    if (place.point == Failpoint::leaving) service.send(SIGTERM);
    if (place.point == Failpoint::revoking) {
      // One that joins makes the other give up some of its partitions.
      if (other == nullptr) {
        other = &start(strategy);
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
    if (other != nullptr) {
      stop_in_order(*other);
      await_all_partitions(flow);  // by the one that is to give some up again
    }
  }
  settle(flow);
  EXPECT_TRUE(service.running());
  record("SIGKILL of a replica at `" + point + "`" + (place.strategy == "range" ? ", eager" : ""), kills);
}

std::vector<Place> places() {
  std::vector<Place> all;
  for (std::size_t i = 0; i < kFailpoints; ++i) {
    const auto point = static_cast<Failpoint>(i);
    // With a name and the cooperative protocol it could leave partitions without an owner: docs/reliability.md.
    all.push_back({.point = point, .name = std::string(to_string(point)), .fixed_name = point != Failpoint::revoking});
  }
  all.push_back({.point = Failpoint::revoking, .name = "revoking_eagerly", .strategy = "range"});
  return all;
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KillPointsTest, ::testing::ValuesIn(places()),
                         [](const auto& place) { return place.param.name; });

}  // namespace
}  // namespace loom::testing
