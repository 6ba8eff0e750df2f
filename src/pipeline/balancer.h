#pragma once

#include <cstdint>
#include <vector>

namespace loom::pipeline {

/// One partition as the balance sees it.
struct Load {
  std::size_t worker = 0;
  std::int64_t backlog = 0;  ///< messages that wait
  bool movable = true;
};

struct Move {
  std::size_t load = 0;  ///< index into the loads
  std::size_t to = 0;    ///< worker
};

/// Which partitions should change workers so that all workers are done with their backlogs at about the same time.
/// A move costs its partition one batch's pause, so small differences are left alone.
/// Pure.
std::vector<Move> balance(std::vector<Load> loads, std::size_t workers);

}  // namespace loom::pipeline
