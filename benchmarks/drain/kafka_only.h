#pragma once

#include "options.h"

namespace loom::bench {

/// How fast the topics come out of Kafka when nothing is done with them: librdkafka as it is, one batch queue.
struct KafkaRun {
  double messages_per_second = 0;
  double consumer_cpu = 0;  ///< CPU seconds of this process, for all messages
  double kafka_cpu = 0;
};

/// From the first message to the last of all topics, by a consumer without a group.
/// Blocks: until all have come.  Fails: std::runtime_error when they do not.
KafkaRun drain_without_work(const Options& options);

}  // namespace loom::bench
