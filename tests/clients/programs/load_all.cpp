// What loom::kafka makes of the database: see load_all.py, of which this is the same in C++.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "loom/kafka/config_loader.h"

namespace {

using nlohmann::json;

json fields_of(const loom::kafka::ConsumerConfig& config) {
  return {{"service_name", config.service_name},
          {"consumer_group_id", config.consumer_group_id},
          {"max_poll_records", config.max_poll_records},
          {"session_timeout_ms", config.session_timeout_ms},
          {"heartbeat_interval_ms", config.heartbeat_interval_ms},
          {"max_poll_interval_ms", config.max_poll_interval_ms},
          {"request_timeout_ms", config.request_timeout_ms},
          {"retry_backoff_ms", config.retry_backoff_ms},
          {"fetch_min_bytes", config.fetch_min_bytes},
          {"fetch_max_wait_ms", config.fetch_max_wait_ms},
          {"fetch_max_bytes", config.fetch_max_bytes},
          {"max_partition_fetch_bytes", config.max_partition_fetch_bytes},
          {"auto_offset_reset", config.auto_offset_reset},
          {"enable_auto_commit", config.enable_auto_commit},
          {"auto_commit_interval_ms", config.auto_commit_interval_ms},
          {"partition_assignment_strategy", config.partition_assignment_strategy},
          {"source", config.source}};
}

json load_all(const json& given) {
  const auto silent = [](const std::string&) {};
  loom::kafka::KafkaConsumerConfigLoader loader({.database_url = given.at("url"), .warn = silent});
  loom::kafka::KafkaConsumerConfigLoader alone({.database_url = given.at("unreachable"), .warn = silent});
  json told = {{"configs", json::object()}, {"without_database", json::object()}, {"recommendations", json::array()}};
  for (const std::string name : given.at("services")) told["configs"][name] = fields_of(loader.load_config(name));
  for (const std::string name : given.at("alone")) told["without_database"][name] = fields_of(alone.load_config(name));
  for (const auto& one : loader.get_processing_recommendations()) {
    told["recommendations"].push_back({{"service_name", one.service_name},
                                       {"priority", to_string(one.priority)},
                                       {"recommended_config", json::parse(one.recommended_config)},
                                       {"reason", one.reason}});
  }
  return told;
}

}  // namespace

int main() {
  try {
    std::cout << load_all(json::parse(std::cin)) << '\n';
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
