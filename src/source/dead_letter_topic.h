#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch/dead_letter_publisher.h"

namespace loom::source {

struct DeadLetterTopicSettings {
  std::string bootstrap_servers;
  std::map<std::string, std::string> properties;  ///< the consumer's own; those of consumers alone are ignored
  std::string consumer_group;
  std::string suffix = ".dlq";
  std::chrono::milliseconds acknowledge_within{10'000};
};

/// The topics `<topic>.dlq`: each dead letter with its key, value and headers, and behind those headers that say where
/// it came from and why it is there: dlq.topic, dlq.partition, dlq.offset, dlq.timestamp, dlq.group, dlq.reason,
/// dlq.sqlstate, dlq.message. It goes to the partition of the number that it came from, where there is one.
/// At least once: a batch that is tried again may send them again.
/// Threads: publish() from any.
/// Owns:    an idempotent producer, made when first needed, and a thread that hears its acknowledgements.
/// Blocks:  publish(), up to `acknowledge_within` and, for a topic that is new here, twice that for looking it up and
///          creating it.
/// Fails:   by what publish() returns.
class DeadLetterTopic final : public batch::DeadLetterPublisher {
 public:
  explicit DeadLetterTopic(DeadLetterTopicSettings settings);
  ~DeadLetterTopic() override;
  DeadLetterTopic(const DeadLetterTopic&) = delete;
  DeadLetterTopic& operator=(const DeadLetterTopic&) = delete;

  std::optional<std::string> publish(const std::string& origin, const std::vector<Message>& messages,
                                     std::vector<batch::RejectedMessage>& rejected) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::source
