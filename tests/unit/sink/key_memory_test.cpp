#include "sink/key_memory.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace loom::sink {
namespace {

TEST(KeyMemory, SaysOfAKeyWhetherItWasThere) {
  KeyMemory memory;
  EXPECT_FALSE(memory.meet(0));
  EXPECT_TRUE(memory.meet(0));
  EXPECT_FALSE(memory.meet(1));
}

TEST(KeyMemory, HasNearlyAllOfTheLastMillionAndTakesNearlyNoneForAnother) {
  constexpr int kMillion = 1'000'000;
  KeyMemory memory;
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> last;
  last.reserve(kMillion);
  int wrong = 0;
  for (int i = 0; i < 3 * kMillion; ++i) {
    const std::uint64_t hash = random();
    if (i >= 2 * kMillion) last.push_back(hash);
    wrong += memory.meet(hash) ? 1 : 0;
  }
  EXPECT_LE(wrong, 3);
  int lost = 0;
  for (const std::uint64_t hash : last) lost += memory.meet(hash) ? 0 : 1;
  EXPECT_LE(lost, kMillion / 50);
}

TEST(KeyMemory, AnyThreadMayAsk) {
  KeyMemory memory;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&memory] {
      for (std::uint64_t key = 0; key < 10'000; ++key) memory.meet(key * 0x9E3779B97F4A7C15U);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(memory.meet(0));
}

}  // namespace
}  // namespace loom::sink
