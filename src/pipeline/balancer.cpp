#include "pipeline/balancer.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace loom::pipeline {

namespace {

constexpr std::int64_t kSmallDifference = 10'000;  // two full batches: done before a move would pay

/// The partition of `worker` whose move brings two workers that differ by `difference` closest to each other.
std::optional<std::size_t> best(const std::vector<Load>& loads, std::size_t worker, std::int64_t difference) {
  std::optional<std::size_t> found;
  std::int64_t found_distance = difference / 2;  // not moving at all
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (loads[i].worker != worker || !loads[i].movable || loads[i].backlog == 0) continue;
    const std::int64_t distance = std::abs(loads[i].backlog - difference / 2);
    if (distance < found_distance) {
      found = i;
      found_distance = distance;
    }
  }
  return found;
}

}  // namespace

std::vector<Move> balance(std::vector<Load> loads, std::size_t workers) {
  std::vector<Move> moves;
  std::vector<std::int64_t> sums(workers, 0);
  for (const auto& load : loads) sums[load.worker] += load.backlog;
  const std::int64_t total = std::accumulate(sums.begin(), sums.end(), std::int64_t{0});
  const std::int64_t tolerance = std::max(kSmallDifference, total / 20);
  while (moves.size() < workers) {
    const auto [light, heavy] = std::minmax_element(sums.begin(), sums.end());
    const std::int64_t difference = *heavy - *light;
    if (difference <= tolerance) break;
    const auto chosen = best(loads, static_cast<std::size_t>(heavy - sums.begin()), difference);
    if (!chosen) break;
    Load& load = loads[*chosen];
    *heavy -= load.backlog;
    *light += load.backlog;
    load.worker = static_cast<std::size_t>(light - sums.begin());
    load.movable = false;
    moves.push_back({.load = *chosen, .to = load.worker});
  }
  return moves;
}

}  // namespace loom::pipeline
