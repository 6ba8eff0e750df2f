#pragma once

#include <stdexcept>
#include <string>

namespace loom::fuzz {

/// A promise that does not hold. Nobody catches it in a fuzzer: the process dies, and the input is kept.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void check(bool holds, const char* promise) {
  if (!holds) throw Broken(promise);
}
inline void check(bool holds, const char* promise, const std::string& evidence) {
  if (!holds) throw Broken(std::string(promise) + ": " + evidence);
}

}  // namespace loom::fuzz
