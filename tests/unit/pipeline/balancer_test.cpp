#include "pipeline/balancer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loom::pipeline {
namespace {

std::vector<std::int64_t> sums_after(std::vector<Load> loads, std::size_t workers) {
  for (const auto& move : balance(loads, workers)) loads[move.load].worker = move.to;
  std::vector<std::int64_t> sums(workers, 0);
  for (const auto& load : loads) sums[load.worker] += load.backlog;
  return sums;
}

TEST(Balance, SharesUnevenPartitionsBetweenTwoWorkers) {
  // 140k, 220k, 100k, 300k, 140k and 100k messages, dealt out in turn: 380k against 620k.
  const auto sums = sums_after({{0, 140'000}, {1, 220'000}, {0, 100'000}, {1, 300'000}, {0, 140'000}, {1, 100'000}}, 2);
  EXPECT_LE(std::abs(sums[0] - sums[1]), 50'000);
}

TEST(Balance, GivesAnIdleWorkerWork) {
  const auto sums = sums_after({{0, 100'000}, {0, 100'000}, {0, 100'000}}, 2);
  EXPECT_GT(std::min(sums[0], sums[1]), 0);
}

TEST(Balance, LeavesASinglePartitionWhereItIs) { EXPECT_TRUE(balance({{0, 1'000'000}}, 2).empty()); }

TEST(Balance, LeavesSmallDifferencesAlone) { EXPECT_TRUE(balance({{0, 9'000}, {0, 900}, {1, 0}}, 2).empty()); }

TEST(Balance, DoesNotMoveWhatIsOnItsWay) {
  EXPECT_TRUE(balance({{0, 100'000, false}, {0, 100'000, false}, {1, 0}}, 2).empty());
}

TEST(Balance, SettlesInsteadOfMovingBackAndForth) {
  std::vector<Load> loads{{0, 90'000}, {0, 50'000}, {0, 40'000}, {1, 10'000}, {2, 0}};
  int rounds = 0;
  for (auto moves = balance(loads, 3); !moves.empty(); moves = balance(loads, 3)) {
    for (const auto& move : moves) loads[move.load].worker = move.to;
    ASSERT_LT(++rounds, 5);
  }
}

}  // namespace
}  // namespace loom::pipeline
