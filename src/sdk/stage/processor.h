#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sdk/stage/report.h"
#include "sdk/stage/stop.h"
#include "sdk/stage/turn.h"

namespace loom::kafka::stage {

/// Processes one message after the other: tries until it works, or until the message is a dead letter, and keeps what
/// each sends until then, so that nothing goes out of a try that failed.
/// Threads: the stage's own.  Owns: the outputs of the try at hand.
/// Blocks:  process(), for as long as the work takes and the pauses between its tries.
class Processor {
 public:
  using Work = std::function<void(const Record&)>;

  /// All but `work` outlive it.
  Processor(const StageSettings& settings, Work work, Stop& stop, Tally& tally)
      : settings_(settings), work_(std::move(work)), stop_(stop), tally_(tally) {}

  /// Keeps an output of the message at hand.
  void send(Output output) { growing_.push_back(std::move(output)); }

  /// The message's outputs, or its dead letter, which names `group`. Nothing: it is to be taken again, since something
  /// that it needs was away for longer than `patience`, or the stage is to end.
  std::optional<std::vector<Output>> process(const Record& record, const std::string& group, Duration patience);

 private:
  enum class Result : std::uint8_t { processed, at_a_later_try, take_again };
  Result attempt(const Record& record, const std::string& group, TimePoint until);
  void become_dead_letter(const Record& record, const std::string& group, const std::string& why);

  const StageSettings& settings_;
  const Work work_;
  Stop& stop_;
  Tally& tally_;
  std::vector<Output> growing_;
};

}  // namespace loom::kafka::stage
