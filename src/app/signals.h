#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace loom::app {

/// SIGTERM, SIGINT and SIGHUP, waited for instead of handled; SIGPIPE is ignored.
/// Threads: made and used by main, before any other thread is started: they inherit the blocked signals.
class Signals {
 public:
  Signals();
  /// The one that came within this time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds time) const;

 private:
  sigset_t signals_{};
};

}  // namespace loom::app
