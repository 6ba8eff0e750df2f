#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>

// librdkafka 2.1 and newer has it. A weak reference: the program may be built with an older one and run with a newer.
extern "C" std::int32_t rd_kafka_message_leader_epoch(const rd_kafka_message_t* message) __attribute__((weak));

namespace loom::source {

/// Which leader of its partition the record was fetched from, counted by Kafka (KIP-101); -1: not known. Another one
/// may have another log.
inline std::int32_t leader_epoch_of(const rd_kafka_message_t* message) {
  return rd_kafka_message_leader_epoch == nullptr ? -1 : rd_kafka_message_leader_epoch(message);
}

}  // namespace loom::source
