#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/batch.h"

namespace loom::batch {

/// Sends messages that cannot become rows to a topic, so that others can read them there.
/// Threads: any.
/// Blocks:  publish(), until the brokers have acknowledged all of it, or for some seconds.
class DeadLetterPublisher {
 public:
  virtual ~DeadLetterPublisher() = default;

  /// Sends those of `rejected` (of these messages, which came from `topic`) that are not in the dead-letter topic yet
  /// and notes on each what became of it: InTopic::yes or InTopic::refused. Returns why some of them are still
  /// InTopic::no; nothing when none is.
  virtual std::optional<std::string> publish(const std::string& topic, const std::vector<Message>& messages,
                                             std::vector<RejectedMessage>& rejected) = 0;
};

}  // namespace loom::batch
