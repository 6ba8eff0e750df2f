#include "admin/first_records.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "admin/kafka_admin.h"
#include "admin/kafka_client.h"

namespace loom::admin {
namespace {

using Record = std::unique_ptr<rd_kafka_message_t, KafkaDeleter<rd_kafka_message_destroy>>;

}  // namespace

FirstRecords look_at_first_records(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                                   const std::string& topic, std::chrono::milliseconds within,
                                   const std::function<bool(std::string_view)>& is_it) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  const auto partitions = KafkaAdmin(bootstrap, properties, within).partition_count(topic);
  if (!partitions) return FirstRecords::no_topic;
  std::map<std::string, std::string> ours = properties;
  ours["enable.partition.eof"] = "true";
  ours["enable.auto.commit"] = "false";
  ours["auto.offset.reset"] = "earliest";
  const KafkaConsumer consumer =
      make_kafka_consumer(make_kafka_conf(bootstrap, {{"group.id", "kafka-to-db-consumer-admin"}}, ours));
  const KafkaPartitions assigned(rd_kafka_topic_partition_list_new(*partitions));
  for (int partition = 0; partition < *partitions; ++partition) {
    rd_kafka_topic_partition_list_add(assigned.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  const auto error = rd_kafka_assign(consumer.get(), assigned.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw KafkaError(topic + ": " + rd_kafka_err2str(error));
  int open = *partitions;
  std::string last_error;
  for (int seen = 0; open > 0 && seen < kMostFirstRecords;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) {
      std::string what = "the first records of " + topic;
      what.append(" did not come from ").append(bootstrap);
      what.append(" in ").append(std::to_string(within.count())).append(" ms");
      if (!last_error.empty()) what.append(": ").append(last_error);
      throw KafkaError(what);
    }
    const Record record(rd_kafka_consumer_poll(consumer.get(), static_cast<int>(std::min<long>(left, 500))));
    if (record == nullptr) continue;
    if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      --open;
    } else if (record->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      last_error = rd_kafka_message_errstr(record.get());
    } else {
      ++seen;
      if (record->payload != nullptr && is_it({static_cast<const char*>(record->payload), record->len})) {
        return FirstRecords::found;
      }
    }
  }
  return FirstRecords::none;
}

}  // namespace loom::admin
