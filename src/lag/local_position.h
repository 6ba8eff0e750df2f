#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loom::lag {

/// What this process itself knows of a partition that it owns: newer than the database, and without a question.
struct LocalPosition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t stored = 0;
  std::int64_t first_unstored_ms = -1;  ///< record timestamp of the message at `stored`, where it is in hand; else -1
};

using LocalPositions = std::function<std::vector<LocalPosition>()>;

}  // namespace loom::lag
