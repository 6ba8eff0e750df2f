#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loom::source {

/// Which of the two offsets that bound a log: that of its first record, or the one after its last.
enum class LogBound : std::int64_t { begin = RD_KAFKA_OFFSET_BEGINNING, end = RD_KAFKA_OFFSET_END };

/// Asks the brokers for this bound of each (topic, partition), in the same order; nothing when one does not answer.
///
/// rd_kafka_query_watermark_offsets() would ask the same. But before librdkafka 2.3 it keeps no timeout: as long as the
/// partition's leader is gone it does not return (its issue 2588), and what waits for it would wait, too.
/// Threads: any.  Blocks: up to `timeout`.
std::optional<std::vector<std::int64_t>> ask_log_bounds(
    rd_kafka_t* client, const std::vector<std::pair<std::string, std::int32_t>>& partitions, LogBound bound,
    std::chrono::milliseconds timeout);

}  // namespace loom::source
