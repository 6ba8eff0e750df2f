#include "source/reassign.h"

#include <cstring>

#include "base/log.h"
#include "source/handles.h"

namespace loom::source {

namespace {

bool failed(const char* why, const std::string& topic, std::int32_t partition) {
  log::warn({.topic = topic, .partition = partition}, "cannot be assigned anew yet: {}", why);
  return false;
}

bool reassign_one(rd_kafka_t* client, rd_kafka_topic_partition_list_t* where, const std::string& topic,
                  std::int32_t partition) {
  for (auto* step : {&rd_kafka_incremental_unassign, &rd_kafka_incremental_assign}) {
    const ErrorHandle error(step(client, where));
    if (error != nullptr) return failed(rd_kafka_error_string(error.get()), topic, partition);
  }
  return true;
}

bool reassign_all(rd_kafka_t* client, std::int64_t offset, const std::string& topic, std::int32_t partition) {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  rd_kafka_assignment(client, &raw);
  const ListHandle all(raw);
  auto* ours = rd_kafka_topic_partition_list_find(all.get(), topic.c_str(), partition);
  if (ours == nullptr) return false;
  rd_kafka_position(client, all.get());
  ours->offset = offset;
  const auto error = rd_kafka_assign(client, all.get());
  return error == RD_KAFKA_RESP_ERR_NO_ERROR || failed(rd_kafka_err2str(error), topic, partition);
}

}  // namespace

bool reassign(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t offset) {
  if (std::strcmp(rd_kafka_rebalance_protocol(client), "COOPERATIVE") != 0) {
    return reassign_all(client, offset, topic, partition);
  }
  const ListHandle where(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(where.get(), topic.c_str(), partition)->offset = offset;
  return reassign_one(client, where.get(), topic, partition);
}

}  // namespace loom::source
