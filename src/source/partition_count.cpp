#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/client_config.h"
#include "source/group_client.h"

namespace loom::source {

namespace {

using Wanted = std::function<bool(const std::string&)>;

/// Calls `each` with the name and the number of partitions of the topics that are wanted. False: no broker answers.
template <typename Each>
bool each_topic(rd_kafka_t* client, const Wanted& wanted, std::chrono::milliseconds timeout, const Each& each) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 1, nullptr, &raw, static_cast<int>(timeout.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const std::unique_ptr<const rd_kafka_metadata_t, Destroyer<&rd_kafka_metadata_destroy>> metadata(raw);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    // Its partitions are not known at the moment: a topic that was just made, or a controller that changes.
    if (topic.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && wanted(topic.topic)) return false;
    if (wanted(topic.topic)) each(topic.topic, static_cast<std::size_t>(topic.partition_cnt));
  }
  return true;
}

std::optional<std::size_t> count(rd_kafka_t* client, const Wanted& wanted, std::chrono::milliseconds timeout) {
  std::size_t all = 0;
  const bool answered =
      each_topic(client, wanted, timeout, [&](const char* /*name*/, std::size_t partitions) { all += partitions; });
  return answered ? std::optional(all) : std::nullopt;
}

}  // namespace

std::optional<std::size_t> GroupClient::count_partitions(const Wanted& wanted, std::chrono::milliseconds timeout) {
  return count(client_, wanted, timeout);
}

std::optional<std::vector<std::string>> GroupClient::find_topics(const Wanted& wanted,
                                                                 std::chrono::milliseconds timeout) {
  std::vector<std::string> names;
  const bool answered = each_topic(client_, wanted, timeout,
                                   [&](const char* name, std::size_t /*partitions*/) { names.emplace_back(name); });
  return answered ? std::optional(std::move(names)) : std::nullopt;
}

std::optional<std::vector<TopicOffset>> GroupClient::find_partitions(const Wanted& wanted,
                                                                     std::chrono::milliseconds timeout) {
  std::vector<TopicOffset> partitions;
  const bool answered = each_topic(client_, wanted, timeout, [&](const char* name, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      partitions.push_back({.topic = name, .partition = static_cast<std::int32_t>(i)});
    }
  });
  return answered ? std::optional(std::move(partitions)) : std::nullopt;
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
