#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace loom::testing {

/// Kinds of faults that a mixed run draws from: each once, in a random order, then all again.
/// Threads: one at a time.
class FaultDeck {
 public:
  struct Kind {
    std::string name;
    std::function<void()> inject;  ///< returns when it is over: all processes run again
    int times = 0;
    std::vector<std::chrono::milliseconds> recoveries{};
  };
  /// `index_below(n)`: a random number from 0 to n - 1.
  FaultDeck(std::vector<Kind> kinds, std::function<std::size_t(std::size_t)> index_below);

  Kind& draw();
  [[nodiscard]] int injected() const;
  /// `3 freeze (7.1 s, longest 9.0 s), ...`: the median of the recoveries that were measured.
  [[nodiscard]] std::string in_words() const;

 private:
  std::vector<Kind> kinds_;
  std::function<std::size_t(std::size_t)> index_below_;
  std::vector<Kind*> left_;
};

}  // namespace loom::testing
