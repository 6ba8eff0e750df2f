#include <array>
#include <string>

#include "source/client_config.h"
#include "source/group_client.h"

namespace loom::source {

namespace {

using Wanted = std::function<bool(const std::string&)>;

std::optional<std::size_t> count(rd_kafka_t* client, const Wanted& wanted, std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 1, nullptr, &metadata, static_cast<int>(timeout.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  std::size_t partitions = 0;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (wanted(topic.topic)) partitions += static_cast<std::size_t>(topic.partition_cnt);
  }
  rd_kafka_metadata_destroy(metadata);
  return partitions;
}

}  // namespace

std::optional<std::size_t> GroupClient::count_partitions(const Wanted& wanted, std::chrono::milliseconds timeout) {
  return count(client_, wanted, timeout);
}

std::optional<std::size_t> count_partitions(const ClientSettings& settings, const Wanted& wanted,
                                            std::chrono::milliseconds timeout) {
  ConfHandle conf = make_configuration(settings);
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  std::array<char, 512> error{};
  const std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>> client(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error.data(), error.size()));
  if (client == nullptr) return std::nullopt;
  (void)conf.release();
  return count(client.get(), wanted, timeout);
}

}  // namespace loom::source
