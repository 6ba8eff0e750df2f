#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace loom::admin {

inline constexpr int kMostFirstRecords = 10'000;

/// What became of a look at a topic's first records.
enum class FirstRecords : std::uint8_t {
  found,     ///< one was what was looked for
  none,      ///< all that are there were looked at, or kMostFirstRecords of them
  no_topic,  ///< the topic does not exist
};

/// Shows the values of a topic's records, from the beginning of each partition, until one is what is looked for.
/// Blocks: up to `within`.
/// Fails:  KafkaError that names the brokers: they do not answer in time.
FirstRecords look_at_first_records(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                                   const std::string& topic, std::chrono::milliseconds within,
                                   const std::function<bool(std::string_view)>& is_it);

}  // namespace loom::admin
