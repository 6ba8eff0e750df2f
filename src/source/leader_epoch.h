#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>

// librdkafka 2.1 and newer has them. Weak references: the program may be built with an older one and run with a newer.
extern "C" std::int32_t rd_kafka_message_leader_epoch(const rd_kafka_message_t* message) __attribute__((weak));
extern "C" void rd_kafka_topic_partition_set_leader_epoch(rd_kafka_topic_partition_t* partition,
                                                          std::int32_t leader_epoch) __attribute__((weak));

namespace loom::source {

/// Which leader of its partition the record was fetched from, counted by Kafka (KIP-101); -1: not known. Another one
/// may have another log.
inline std::int32_t leader_epoch_of(const rd_kafka_message_t* message) {
  return rd_kafka_message_leader_epoch == nullptr ? -1 : rd_kafka_message_leader_epoch(message);
}

/// The broker is asked whether the log up to this position still is that leader's; -1: it is not asked.
inline void set_leader_epoch(rd_kafka_topic_partition_t* position, std::int32_t leader_epoch) {
  if (leader_epoch < 0 || rd_kafka_topic_partition_set_leader_epoch == nullptr) return;
  rd_kafka_topic_partition_set_leader_epoch(position, leader_epoch);
}

}  // namespace loom::source
