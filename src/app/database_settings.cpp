#include "app/database_settings.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "source/client_config.h"

namespace loom::app {

namespace {

/// Offsets are the database's business, and the rows' own transaction advances them. retry.backoff.ms is a producer's
/// property before librdkafka 2.2, which complains; what waits after a failed fetch is fetch.error.backoff.ms.
constexpr std::array<std::string_view, 5> kNotFromTheRow{"enable.auto.commit", "auto.commit.interval.ms",
                                                         "auto.offset.reset", "group.id", "retry.backoff.ms"};

bool is_taken(const std::string& property) {
  return std::find(kNotFromTheRow.begin(), kNotFromTheRow.end(), property) == kNotFromTheRow.end();
}

}  // namespace

settings::Config with_row(settings::Config config, const kafka::ConsumerConfig& row,
                          std::vector<std::string>& warnings) {
  if (row.source == "default") return config;  // nobody has said anything about this service
  kafka::Translation translated = kafka::translate(row);
  std::move(translated.warnings.begin(), translated.warnings.end(), std::back_inserter(warnings));
  const bool by_broker = source::uses_broker_protocol(config.rdkafka);
  for (auto& [property, value] : translated.properties) {
    if (by_broker && source::is_decided_by_broker(property)) continue;
    if (is_taken(property)) config.rdkafka.try_emplace(property, std::move(value));
  }
  config.consumer_settings_from = "pipeline_consumer_configs (" + row.source + ")";
  config.max_poll_records = static_cast<std::size_t>(translated.records_per_turn);
  if (row.source == "row" && !row.consumer_group_id.empty() && row.consumer_group_id != config.group_id()) {
    warnings.push_back("pipeline_consumer_configs names the group " + row.consumer_group_id + " for " +
                       row.service_name + ", but the group is " + config.group_id() + " (LOOM_KAFKA_GROUP_ID)");
  }
  return config;
}

}  // namespace loom::app
