#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "admin/kafka_client.h"
#include "loom/kafka/consumer.h"
#include "sdk/consumer/consumer_positions.h"

namespace loom::kafka {

/// A Consumer's client; a stage's Membership looks into it, too.
struct Consumer::Impl {
  explicit Impl(ConsumerConfig settings) : config(std::move(settings)) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// librdkafka's callback, on the thread that polls.
  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                        void* self);
  void assigned(rd_kafka_topic_partition_list_t* partitions);
  void revoked(rd_kafka_topic_partition_list_t* partitions);
  /// Takes a record into the turn, or what else librdkafka has to say.
  void take(const rd_kafka_message_t& message);
  void take_error(const rd_kafka_message_t& message);
  /// The last turn is done with: what it held may be committed by librdkafka.
  void store_turn();
  [[noreturn]] void fail_for_good() const;

  ConsumerConfig config;
  std::int32_t records_per_turn = 1;
  bool commits_by_itself = false;
  rd_kafka_t* client = nullptr;
  admin::KafkaQueue queue;  // the consumer's
  ConsumerPositions positions;
  std::vector<Record> turn;                                       // the growing one, while polling
  std::map<ConsumerPositions::Partition, std::int64_t> turn_end;  // of the last one; empty unless it commits by itself
  bool closed = false;
};

}  // namespace loom::kafka
