#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// For kafka_admin.cpp, kafka_ping.cpp, group_reader.cpp and sample_producer.cpp alone: librdkafka goes no further into
// this folder.
namespace loom::admin {

template <auto Destroy>
struct KafkaDeleter {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};

/// There is no group to leave, and with a broker away leaving would be waited for.
inline void destroy_unjoined_consumer(rd_kafka_t* consumer) {
  rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

using KafkaClient = std::unique_ptr<rd_kafka_t, KafkaDeleter<rd_kafka_destroy>>;
using KafkaConsumer = std::unique_ptr<rd_kafka_t, KafkaDeleter<destroy_unjoined_consumer>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter<rd_kafka_queue_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, KafkaDeleter<rd_kafka_event_destroy>>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter<rd_kafka_conf_destroy>>;
using KafkaAdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDeleter<rd_kafka_AdminOptions_destroy>>;
using KafkaPartitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter<rd_kafka_topic_partition_list_destroy>>;

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

/// A configuration with our properties, and over them the user's. Fails: WrongSetting that names the property.
KafkaConf make_kafka_conf(const std::string& bootstrap, const KafkaProperties& ours,
                          const std::map<std::string, std::string>& users);

KafkaClient make_kafka_producer(KafkaConf conf);
/// One that subscribes to nothing, and so never joins its group.
KafkaConsumer make_kafka_consumer(KafkaConf conf);

}  // namespace loom::admin
