#pragma once

#include <cstdint>

namespace loom {

/// What to do when the stored offset is not in the log (any more).
enum class OutOfRange : std::uint8_t {
  earliest,  ///< go on with the first message that is there
  latest,    ///< with the next one that comes
  stop,      ///< stop the topic until a person decides
};

/// What to do when the log has lost records that were stored, and others take their offsets.
enum class Truncated : std::uint8_t {
  resume,  ///< go on where the logs part: the rows of what was lost stay
  stop,    ///< stop the topic until a person decides
};

struct LogPolicies {
  OutOfRange out_of_range = OutOfRange::earliest;
  Truncated truncated = Truncated::resume;
  bool operator==(const LogPolicies&) const = default;
};

}  // namespace loom
