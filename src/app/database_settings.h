#pragma once

#include <memory>
#include <string>
#include <vector>

#include "loom/kafka/config_loader.h"
#include "settings/config.h"

namespace loom::app {

/// The name under which the service has its row in `pipeline_consumer_configs`.
inline constexpr const char* kServiceName = "kafka-to-db-consumer";

/// What the database says of how the service shall consume, put over its configuration. What the environment or the
/// configuration file say themselves (LOOM_RDKAFKA_*) wins; the group's name, and what exactly-once rests on, are never
/// the row's. `warnings` gets what the row asks for and does not get.
/// Pure.
settings::Config with_row(settings::Config config, const kafka::ConsumerConfig& row,
                          std::vector<std::string>& warnings);

}  // namespace loom::app
