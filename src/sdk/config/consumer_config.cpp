#include "loom/kafka/consumer_config.h"

namespace loom::kafka {

ConsumerConfig default_config(const std::string& service_name) {
  ConsumerConfig config;
  config.service_name = service_name;
  config.consumer_group_id = service_name;
  return config;
}

}  // namespace loom::kafka
