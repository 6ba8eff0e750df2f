#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>

namespace loom::source {

/// Assigns one of the member's partitions anew, at this offset; `leader_epoch`: see PartitionSource::seek(). With
/// auto.offset.reset=error librdkafka stops fetching a partition whose offset was out of range and refuses to seek in
/// it ("Erroneous state"): only an assignment brings it back. Under an eager protocol all partitions are assigned anew,
/// each where it was last read. A rebalance at the same moment may lose the race or win it: what is stored twice or
/// skipped by that the ledger and the compare in the database find out.
/// Threads: any.
/// Blocks:  for an answer of librdkafka's main thread.
/// Fails:   false, with a line in the log.
bool reassign(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t offset,
              std::int32_t leader_epoch);

}  // namespace loom::source
