#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace loom::benchmarks {

/// Counts what one benchmark's loop did. Made right before the loop.
/// The benchmark fails, and with it the program, when it asked for memory more often than `allocations_most` a row.
class Measure {
 public:
  explicit Measure(benchmark::State& state, double allocations_most = 0);
  /// After the loop. `rows`: messages, values or batches where the workload has no rows.
  void report(std::size_t rows, std::size_t bytes = 0);

 private:
  benchmark::State& state_;
  double allocations_most_;
  long allocations_;
};

/// The benchmark cannot go on, and its program will fail.
void fail(benchmark::State& state, const std::string& why);

/// What is wrong, or nothing.
using Proof = std::function<std::optional<std::string>()>;
/// main() of each program: nothing is measured unless the proof holds.
int run(int argc, char** argv, const Proof& proof);

}  // namespace loom::benchmarks
