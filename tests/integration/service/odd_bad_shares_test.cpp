// One message of a hundred bad, every second one, all of them: each good one a row, each bad one the right dead letter.
#include <fmt/format.h>

#include "support/flow.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class BadSharesTest : public ServiceTest, public ::testing::WithParamInterface<int> {};

TEST_P(BadSharesTest, EveryMessageIsARowOrADeadLetter) {
  constexpr std::int64_t kMessages = 6000;
  const std::string topic = new_topic("shares", 3);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers", bad_numbered_check()));
  Flow flow(bootstrap(), topic,
            {.from = 0, .to = kMessages, .rate = 20'000, .shares = {1, 1, 1}, .bad_every = GetParam()});
  flow.finish();
  const auto begin = std::chrono::steady_clock::now();
  start();
  ASSERT_TRUE(drained(topic, seconds(60)));
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  const Verdict verdict = judge(database(), "numbers", kMessages, GetParam());
  EXPECT_TRUE(verdict.clean()) << verdict.describe();
  EXPECT_EQ(verdict.bad, kMessages / GetParam());
  EXPECT_EQ(verdict.dead_letters, verdict.bad);
  std::cout << fmt::format("{} of {} bad: {} ms from the start\n", verdict.bad, kMessages, took.count());
}

INSTANTIATE_TEST_SUITE_P(OneInAHundredEverySecondAll, BadSharesTest, ::testing::Values(100, 2, 1));

}  // namespace
}  // namespace loom::testing
