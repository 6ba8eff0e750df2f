#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "loom/kafka/consumer_config.h"

namespace loom::kafka {

namespace {

// librdkafka's bounds, as its CONFIGURATION.md has them.
constexpr std::int32_t kHour = 3'600'000;
constexpr std::int32_t kDay = 86'400'000;
constexpr std::int32_t kNetworkMax = 300'000;
constexpr std::int32_t kFetchMax = 2'147'483'135;
constexpr std::int32_t kPartitionFetchMax = 1'000'000'000;
constexpr std::int32_t kFetchMinMax = 100'000'000;
/// Its message.max.bytes, which fetch.max.bytes must not be less than.
constexpr std::int32_t kMessageMax = 1'000'000;
/// It warns of requests that may time out while the broker holds a fetch back.
constexpr std::int32_t kFetchWaitMargin = 1'000;
constexpr std::int32_t kRecordsMax = 5'000;

/// Puts settings into a translation one by one.
class Translator {
 public:
  explicit Translator(const ConsumerConfig& config) : config_(config) {}

  Translation translate() {
    records();
    group();
    network();
    fetching();
    offsets();
    result_.properties["partition.assignment.strategy"] = strategy();
    return std::move(result_);
  }

 private:
  template <typename... T>
  void warn(fmt::format_string<T...> format, T&&... values) {
    result_.warnings.push_back(fmt::format(format, std::forward<T>(values)...));
  }

  std::int32_t within(std::string_view setting, std::int32_t value, std::int32_t low, std::int32_t high) {
    const std::int32_t taken = std::clamp(value, low, high);
    if (taken != value) warn("{} is {}, taken as {}: {} to {} is what can be had", setting, value, taken, low, high);
    return taken;
  }
  void set(const char* property, std::int32_t value) { result_.properties[property] = std::to_string(value); }

  void records() { result_.records_per_turn = within("max_poll_records", config_.max_poll_records, 1, kRecordsMax); }

  void group() {
    const std::int32_t session = within("session_timeout_ms", config_.session_timeout_ms, 1, kHour);
    set("session.timeout.ms", session);

    std::int32_t heartbeat = within("heartbeat_interval_ms", config_.heartbeat_interval_ms, 1, kHour);
    // librdkafka would take it, and the broker throw the member out again and again.
    if (heartbeat > session / 2 && heartbeat > 1) {
      const std::int32_t third = std::max(1, session / 3);
      warn("heartbeat_interval_ms is {}, taken as {}: at least two have to fit into the session timeout of {} ms",
           heartbeat, third, session);
      heartbeat = third;
    }
    set("heartbeat.interval.ms", heartbeat);

    std::int32_t interval = within("max_poll_interval_ms", config_.max_poll_interval_ms, 1, kDay);
    if (interval < session) {
      warn("max_poll_interval_ms is {}, taken as {}: it must not be less than the session timeout", interval, session);
      interval = session;
    }
    set("max.poll.interval.ms", interval);
  }

  void network() {
    // librdkafka has one timeout for all requests.
    const std::int32_t request = within("request_timeout_ms", config_.request_timeout_ms, 10, kNetworkMax);
    set("socket.timeout.ms", request);
    std::int32_t wait = within("fetch_max_wait_ms", config_.fetch_max_wait_ms, 0, kNetworkMax);
    if (wait > 0 && wait > request - kFetchWaitMargin) {
      const std::int32_t shorter = std::max(0, request - kFetchWaitMargin);
      warn("fetch_max_wait_ms is {}, taken as {}: it has to end {} ms before the request timeout of {} ms", wait,
           shorter, kFetchWaitMargin, request);
      wait = shorter;
    }
    set("fetch.wait.max.ms", wait);
    // A failed fetch is waited after by a setting of its own.
    const std::int32_t backoff = within("retry_backoff_ms", config_.retry_backoff_ms, 1, kNetworkMax);
    set("retry.backoff.ms", backoff);
    set("fetch.error.backoff.ms", backoff);
  }

  void fetching() {
    set("fetch.min.bytes", within("fetch_min_bytes", config_.fetch_min_bytes, 1, kFetchMinMax));
    set("fetch.max.bytes", within("fetch_max_bytes", config_.fetch_max_bytes, kMessageMax, kFetchMax));
    set("max.partition.fetch.bytes",
        within("max_partition_fetch_bytes", config_.max_partition_fetch_bytes, 1, kPartitionFetchMax));
  }

  void offsets() {
    result_.properties["auto.offset.reset"] = reset();
    result_.properties["enable.auto.commit"] = config_.enable_auto_commit ? "true" : "false";
    // 0 would be never.
    set("auto.commit.interval.ms", within("auto_commit_interval_ms", config_.auto_commit_interval_ms, 1, kDay));
  }

  std::string reset() {
    const std::string& wanted = config_.auto_offset_reset;
    if (wanted == "earliest" || wanted == "latest") return wanted;
    if (wanted == "none") return "error";  // the same thing
    warn("auto_offset_reset is \"{}\", taken as earliest: there are earliest, latest and none", wanted);
    return "earliest";
  }

  std::string strategy() {
    const std::string& wanted = config_.partition_assignment_strategy;
    if (wanted == "range" || wanted == "roundrobin" || wanted == "cooperative-sticky") return wanted;
    if (wanted == "sticky") {
      warn("partition_assignment_strategy is sticky, taken as cooperative-sticky: librdkafka has no other sticky one");
      return "cooperative-sticky";
    }
    warn("partition_assignment_strategy is \"{}\", taken as range: there are range, roundrobin and cooperative-sticky",
         wanted);
    return "range";
  }

  const ConsumerConfig& config_;
  Translation result_;
};

}  // namespace

Translation translate(const ConsumerConfig& config) { return Translator(config).translate(); }

bool same_client(const ConsumerConfig& before, const ConsumerConfig& after) {
  return before.consumer_group_id == after.consumer_group_id &&
         translate(before).properties == translate(after).properties;
}

}  // namespace loom::kafka
