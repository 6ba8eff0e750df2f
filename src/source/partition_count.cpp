#include <array>
#include <string>

#include "source/client_config.h"
#include "source/group_client.h"

namespace loom::source {

std::optional<std::size_t> count_partitions(const ClientSettings& settings,
                                            const std::function<bool(const std::string&)>& wanted,
                                            std::chrono::milliseconds timeout) {
  ConfHandle conf = make_configuration(settings);
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  std::array<char, 512> error{};
  const std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>> client(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error.data(), error.size()));
  if (client == nullptr) return std::nullopt;
  (void)conf.release();
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client.get(), 1, nullptr, &metadata, static_cast<int>(timeout.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  std::size_t count = 0;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (wanted(topic.topic)) count += static_cast<std::size_t>(topic.partition_cnt);
  }
  rd_kafka_metadata_destroy(metadata);
  return count;
}

}  // namespace loom::source
