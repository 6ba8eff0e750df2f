#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>

namespace loom::source {

/// The topic's cleanup.policy, as the broker has it: `delete`, `compact`, or both. Nothing when it does not say.
/// Threads: any.  Blocks: up to 5 s.
std::optional<std::string> cleanup_policy(rd_kafka_t* client, const std::string& topic);

}  // namespace loom::source
