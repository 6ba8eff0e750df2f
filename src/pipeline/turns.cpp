#include "pipeline/turns.h"

#include <algorithm>

namespace loom::pipeline {

namespace {
constexpr std::int64_t kBacklog = 10'000;  // messages; less is done before its order would matter
constexpr double kLeastShare = 0.1;  // new messages of a partition without a backlog wait for no more than ten rounds
}  // namespace

double turn_share(std::int64_t backlog, std::int64_t longest) {
  if (longest < kBacklog) return 1;
  return std::max(kLeastShare, static_cast<double>(backlog) / static_cast<double>(longest));
}

Duration look_every(std::size_t partitions) {
  using std::chrono::milliseconds;
  return std::clamp(milliseconds(partitions), milliseconds(100), milliseconds(1000));
}

}  // namespace loom::pipeline
