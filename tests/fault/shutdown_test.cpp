// SIGTERM and SIGINT under load: out within 10 s, and nothing lost.
#include "fault_test.h"

namespace loom::testing {
namespace {

class ShutdownTest : public FaultTest, public ::testing::WithParamInterface<int> {
 protected:
  ShutdownTest() : FaultTest(KafkaServer::shared(), Database::shared) {}
};

TEST_P(ShutdownTest, LeavesInOrderUnderLoad) {
  const int stops = rounds(2, 20);
  auto& service = start();
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 8'000, .shares = {1, 1, 1, 1, 1, 1}, .bad_every = 200});
  for (int stop = 1; stop <= stops; ++stop) {
    ASSERT_TRUE(await_stored(stored() + 4'000));
    pass(milliseconds(random(0, 700)));
    stop_in_order(service, GetParam());
    service.start();
    recovery(flow);
  }
  settle(flow);
  record(GetParam() == SIGTERM ? "SIGTERM under load" : "SIGINT under load", stops);
}

INSTANTIATE_TEST_SUITE_P(Signals, ShutdownTest, ::testing::Values(SIGTERM, SIGINT), [](const auto& signal) {
  return std::string(signal.param == SIGTERM ? "SIGTERM" : "SIGINT");
});

}  // namespace
}  // namespace loom::testing
