#include "source/cleanup_policy.h"

#include <array>
#include <memory>
#include <string_view>

#include "source/handles.h"

namespace loom::source {

namespace {

using ResourceHandle = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<&rd_kafka_ConfigResource_destroy>>;

constexpr int kPolicyWithinMs = 5000;
constexpr int kBeyondMs = 500;

}  // namespace

std::optional<std::string> cleanup_policy(rd_kafka_t* client, const std::string& topic) {
  const OptionsHandle options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, 256> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kPolicyWithinMs, why.data(), why.size());
  const ResourceHandle asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_ConfigResource_t* raw = asked.get();
  rd_kafka_DescribeConfigs(client, &raw, 1, options.get(), queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), kPolicyWithinMs + kBeyondMs));
  const auto* answer = event == nullptr ? nullptr : rd_kafka_event_DescribeConfigs_result(event.get());
  if (answer == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  std::size_t resources = 0;
  const auto* described = rd_kafka_DescribeConfigs_result_resources(answer, &resources);
  if (resources != 1 || rd_kafka_ConfigResource_error(described[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  std::size_t entries = 0;
  const auto* all = rd_kafka_ConfigResource_configs(described[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    if (std::string_view(rd_kafka_ConfigEntry_name(all[i])) != "cleanup.policy") continue;
    const char* value = rd_kafka_ConfigEntry_value(all[i]);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }
  return std::nullopt;
}

}  // namespace loom::source
