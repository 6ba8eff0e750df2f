// What libFuzzer calls, for the target that the build names.
#include <cstddef>
#include <cstdint>

#include "targets.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  loom::fuzz::LOOM_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
