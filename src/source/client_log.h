#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>

namespace loom::source {

/// What a Kafka client is there for, as its log lines say.
enum class ClientRole : std::uint8_t { consumer, dead_letters };

/// Sends librdkafka's own log lines to ours. They repeat: each kind of line of each broker is an event, so that the
/// limit of base/log.h holds for it.
void log_to_ours(rd_kafka_conf_t* conf, ClientRole role);

}  // namespace loom::source
