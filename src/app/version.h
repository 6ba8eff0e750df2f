#pragma once

namespace loom::app {

/// `0.1.0+1a2b3c4`. In a file of its own, since each commit changes it.
extern const char* const kVersion;

}  // namespace loom::app
