#pragma once

#include <optional>
#include <string>

#include "child_process.h"
#include "options.h"

namespace loom::bench {

/// `perf record` of the whole machine beside a measurement, when the options ask for it: writes NAME.perf into the work
/// folder. Only the whole machine shows the database's backends, which come and go, beside the consumer.
/// Threads: one at a time.  Owns: perf's process.
/// Blocks:  the constructor, until perf records.  Fails: std::runtime_error when it does not within 30 s.
class Profiler {
 public:
  Profiler(const Options& options, const std::string& name);
  /// Ends the recording.  Blocks: until perf has written its file, 30 s at most.
  void stop();

 private:
  std::optional<ChildProcess> perf_;
};

}  // namespace loom::bench
