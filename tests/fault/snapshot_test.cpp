#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "outage_test.h"
#include "support/held_session.h"

namespace loom::testing {
namespace {

class SnapshotTest : public FaultTest {
 protected:
  SnapshotTest() : FaultTest(KafkaServer::shared()) {}

  /// Messages a second while this many wait from the start on.
  double speed_of_draining(std::int64_t messages) {
    EXPECT_TRUE(service_->terminate());
    send_numbered(topic_, sent_, sent_ + messages);
    const std::int64_t before = sent_;
    sent_ += messages;
    service_->start();
    // From the first batch to the last: starting takes as long as it takes.
    EXPECT_TRUE(await_stored(before + 1, seconds(60)));
    const std::int64_t first = stored();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(await_stored(sent_, seconds(300)));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(sent_ - first) / took.count();
  }

  /// The middle of three.
  double usual_speed(std::int64_t messages) {
    std::array<double, 3> speeds{};
    for (double& speed : speeds) speed = speed_of_draining(messages);
    std::sort(speeds.begin(), speeds.end());
    return speeds[1];
  }

  void load(seconds time) {
    Flow flow(bootstrap(), topic_, {.from = sent_, .rate = 5'000, .shares = {1, 1, 1, 1, 1, 1}});
    pass(time);
    sent_ = flow.stop();
  }

  ServiceProcess* service_ = nullptr;
  std::int64_t sent_ = 0;
};

TEST_F(SnapshotTest, ASnapshotHeldByAnotherSessionDoesNotSlowItDown) {
  const std::int64_t messages = rounds(100'000, 2'000'000);
  service_ = &start_with_name();
  const double without = usual_speed(messages);

  HeldSession other(database().url());
  other.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  other.run("SELECT count(*) FROM numbers");
  load(rounds(seconds(8), seconds(600)));
  const double with = usual_speed(messages);
  const std::string dead =
      database().value("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'kafka_consumer_offsets'");
  other.run("COMMIT");

  Flow last(bootstrap(), topic_, {.from = sent_, .rate = 5'000, .shares = {1, 1, 1, 1, 1, 1}});
  pass(milliseconds(300));
  settle(last);
  const double share = with / without;
  if (long_run()) {
    EXPECT_GE(share, 0.8);
  }
  record("another session's REPEATABLE READ transaction held under load", 1,
         fmt::format("{:.0f} % of the speed without it: {:.0f} messages a second, then {:.0f}; {} dead rows of offsets",
                     100 * share, without, with, dead));
}

}  // namespace
}  // namespace loom::testing
