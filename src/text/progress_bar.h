#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "base/clock.h"

namespace loom::text {

/// One line that shows how far a long command is, drawn at most ten times a second. Silent when `out` is no terminal,
/// so that logs stay logs.
/// Threads: one at a time.  Fails: never; a line that cannot be written is not.
class ProgressBar {
 public:
  ProgressBar(std::FILE* out, std::string label, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::uint64_t done);

 private:
  void draw(std::uint64_t done);

  std::FILE* out_;
  std::string label_;
  std::uint64_t total_;
  TimePoint started_;
  TimePoint drawn_{};
  std::uint64_t last_ = 0;
};

}  // namespace loom::text
