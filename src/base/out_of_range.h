#pragma once

#include <cstdint>

namespace loom {

/// What to do when the stored offset is not in the log (any more).
enum class OutOfRange : std::uint8_t {
  earliest,  ///< go on with the first message that is there
  latest,    ///< with the next one that comes
  stop,      ///< stop the topic until a person decides
};

}  // namespace loom
