#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loom::testing {

/// A record as it is in the log.
struct ReadRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;

  /// The first header of this name; "" without one.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// The topic's records from the first on, by partition and offset: as soon as there are `count`, or what is there when
/// the time is over. A topic that does not exist has none.
std::vector<ReadRecord> read_topic(const std::string& bootstrap, const std::string& topic, std::size_t count,
                                   std::chrono::milliseconds within = std::chrono::seconds(20));

/// Creates a topic of one partition with these configurations, such as max.message.bytes.
void create_topic_with(const std::string& bootstrap, const std::string& topic,
                       const std::vector<std::pair<std::string, std::string>>& configurations);

/// Whether the broker has such a topic.
bool topic_exists(const std::string& bootstrap, const std::string& topic);

}  // namespace loom::testing
