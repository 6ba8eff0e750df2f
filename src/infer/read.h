#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "infer/shape.h"

namespace loom::infer {

/// More do not tell more, and what is kept of each field grows with them.
inline constexpr std::uint64_t kMostMessages = 10'000;

/// What the messages of a text have in common.
struct Samples {
  Shape root;
  std::uint64_t messages = 0;        ///< that are in it
  std::vector<std::string> skipped;  ///< why a line is not, with its number
  bool cut = false;                  ///< there were more than kMostMessages
};

/// Reads messages, one on a line; empty lines are passed over. A line that is neither an object nor a list, or is the
/// other of the two than the first, is skipped.
/// Blocks: on the stream.
Samples read_samples(std::istream& in);

}  // namespace loom::infer
