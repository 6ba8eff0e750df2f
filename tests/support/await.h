#pragma once

#include <chrono>
#include <thread>

namespace loom::testing {

/// Asks again and again until the condition holds. False when it never did within that time; it is asked at least once.
template <typename Condition>
bool await(std::chrono::milliseconds within, const Condition& condition,
           std::chrono::milliseconds every = std::chrono::milliseconds(20)) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(every);
  }
  return true;
}

}  // namespace loom::testing
