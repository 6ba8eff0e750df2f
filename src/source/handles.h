#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace loom::source {

/// Ownership of librdkafka's objects: each is destroyed by the function that its maker's documentation names.
template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const noexcept {
    Destroy(object);
  }
};

using QueueHandle = std::unique_ptr<rd_kafka_queue_t, Destroyer<&rd_kafka_queue_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, Destroyer<&rd_kafka_event_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Destroyer<&rd_kafka_error_destroy>>;
using ConfHandle = std::unique_ptr<rd_kafka_conf_t, Destroyer<&rd_kafka_conf_destroy>>;
using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<&rd_kafka_AdminOptions_destroy>>;
using ListHandle = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<&rd_kafka_topic_partition_list_destroy>>;

}  // namespace loom::source
