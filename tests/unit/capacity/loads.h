#pragma once

#include "capacity/load.h"

namespace loom::capacity {

/// A busy day of one topic: 10,000 messages a second of 300 bytes.
inline Load usual() {
  Load load;
  load.rate = 10'000;
  load.message_bytes = 300;
  return load;
}

}  // namespace loom::capacity
