#include "measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "unit/encode/allocation_counter.h"

namespace loom::benchmarks {
namespace {
bool failed = false;
}

Measure::Measure(benchmark::State& state, double allocations_most)
    : state_(state), allocations_most_(allocations_most), allocations_(testing::allocations()) {}

void Measure::report(std::size_t rows, std::size_t bytes) {
  const auto asked = static_cast<double>(testing::allocations() - allocations_);
  const double each = asked / static_cast<double>(std::max<std::size_t>(rows, 1));
  state_.counters["allocations_per_row"] = each;
  state_.counters["rows"] = benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsRate);
  if (bytes != 0) state_.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  if (each > allocations_most_) fail(state_, fmt::format("{} allocations, {:.4f} a row", asked, each));
}

void fail(benchmark::State& state, const std::string& why) {
  failed = true;
  state.SkipWithError(why.c_str());
}

int run(int argc, char** argv, const Proof& proof) {
  if (const auto wrong = proof()) {
    fmt::print(stderr, "{}: {}; nothing was measured\n", argv[0], *wrong);
    return 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return failed ? 1 : 0;
}

}  // namespace loom::benchmarks
