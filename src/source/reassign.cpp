#include "source/reassign.h"

#include <cstring>

#include "base/log.h"
#include "source/handles.h"
#include "source/leader_epoch.h"

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

bool reassign_all(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t offset,
                  std::int32_t leader_epoch) {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  rd_kafka_assignment(client, &raw);
  const ListHandle all(raw);
  auto* ours = rd_kafka_topic_partition_list_find(all.get(), topic.c_str(), partition);
  if (ours == nullptr) return false;
  rd_kafka_position(client, all.get());
  ours->offset = offset;
  set_leader_epoch(ours, leader_epoch);
  const auto error = rd_kafka_assign(client, all.get());
  return error == RD_KAFKA_RESP_ERR_NO_ERROR || failed(rd_kafka_err2str(error), topic, partition);
}

}  // namespace

bool reassign(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t offset,
              std::int32_t leader_epoch) {
  if (std::strcmp(rd_kafka_rebalance_protocol(client), "COOPERATIVE") != 0) {
    return reassign_all(client, topic, partition, offset, leader_epoch);
  }
  const ListHandle where(rd_kafka_topic_partition_list_new(1));
  auto* at = rd_kafka_topic_partition_list_add(where.get(), topic.c_str(), partition);
  at->offset = offset;
  set_leader_epoch(at, leader_epoch);
  return reassign_one(client, where.get(), topic, partition);
}

}  // namespace loom::source
