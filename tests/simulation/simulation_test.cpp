#include "simulation.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <string>

namespace loom::simulation {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// LOOM_SIMULATION_SEED=N replays one seed; LOOM_SIMULATION_SEEDS=N runs that many.
TEST(Simulation, EveryMessageIsStoredExactlyOnceWhateverHappens) {
  spdlog::set_level(spdlog::level::off);
  const std::uint64_t first = from_environment("LOOM_SIMULATION_SEED", 1);
  const bool one = std::getenv("LOOM_SIMULATION_SEED") != nullptr;
  const std::uint64_t count = one ? 1 : from_environment("LOOM_SIMULATION_SEEDS", 10'000);
  if (one) spdlog::set_level(spdlog::level::info);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("LOOM_SIMULATION_SEED=" + std::to_string(seed));
    Simulation(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace loom::simulation
