#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "status/snapshot.h"

namespace loom::status {

/// How urgent something is. `note`: stands beside a verdict and is none.
enum class Level : std::uint8_t { ok, note, info, warn, bad };
std::string_view to_string(Level level);

/// Something to be told, for somebody who was woken.
struct Finding {
  Level level = Level::ok;
  std::string title;  ///< for the eye: OK, BEHIND, DISK FULL, ...
  std::string text;   ///< goes on with the sentence
  std::string what_to_do;
};

/// What is wrong, worst first. Never empty: the first one is the verdict. The page, /status and docs/monitoring.md all
/// say this; that the service does not answer at all only the page can know. Pure.
std::vector<Finding> judge(const Snapshot& snapshot);

/// The words for "caught up in"; empty: not known. Never that it keeps up while something is not stored.
std::string outlook(const Snapshot& snapshot);

/// Why the replica is of no use just now; empty: it is ready. A pod that cannot help itself is not ready either: a
/// database that takes nothing at all.
std::string why_not_ready(const Snapshot& snapshot);

}  // namespace loom::status
