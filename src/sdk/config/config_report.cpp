#include "sdk/config/config_report.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "text/json_text.h"
#include "text/text_table.h"

namespace loom::kafka {

namespace {

using text::json_text;
using text::TextTable;
using Side = TextTable::Side;

/// `100 ms`, `60 s`, `10 min`: whichever is whole.
std::string duration_text(std::int32_t ms) {
  constexpr std::int32_t kSecond = 1'000;
  constexpr std::int32_t kMinute = 60'000;
  if (ms > kMinute && ms % kMinute == 0) return fmt::format("{} min", ms / kMinute);
  if (ms >= kSecond && ms % kSecond == 0) return fmt::format("{} s", ms / kSecond);
  return fmt::format("{} ms", ms);
}

/// `50 MiB`, `64 KiB` where it is whole, else bytes.
std::string size_text(std::int32_t bytes) {
  constexpr std::int32_t kKibibyte = 1024;
  constexpr std::int32_t kMebibyte = 1024 * 1024;
  if (bytes >= kMebibyte && bytes % kMebibyte == 0) return fmt::format("{} MiB", bytes / kMebibyte);
  if (bytes >= kKibibyte && bytes % kKibibyte == 0) return fmt::format("{} KiB", bytes / kKibibyte);
  return fmt::format("{} B", bytes);
}

/// A setting of the database, and the properties of librdkafka that it becomes.
struct Setting {
  std::string column;
  std::string value;
  std::vector<std::string> properties;
  bool text = false;  ///< in JSON
};

std::vector<Setting> settings_of(const ConsumerConfig& config) {
  const auto number = [](std::int32_t value) { return std::to_string(value); };
  return {
      {"consumer_group_id", config.consumer_group_id, {}, true},
      {"max_poll_records", number(config.max_poll_records), {}},
      {"session_timeout_ms", number(config.session_timeout_ms), {"session.timeout.ms"}},
      {"heartbeat_interval_ms", number(config.heartbeat_interval_ms), {"heartbeat.interval.ms"}},
      {"max_poll_interval_ms", number(config.max_poll_interval_ms), {"max.poll.interval.ms"}},
      {"request_timeout_ms", number(config.request_timeout_ms), {"socket.timeout.ms"}},
      {"retry_backoff_ms", number(config.retry_backoff_ms), {"retry.backoff.ms", "fetch.error.backoff.ms"}},
      {"fetch_min_bytes", number(config.fetch_min_bytes), {"fetch.min.bytes"}},
      {"fetch_max_wait_ms", number(config.fetch_max_wait_ms), {"fetch.wait.max.ms"}},
      {"fetch_max_bytes", number(config.fetch_max_bytes), {"fetch.max.bytes"}},
      {"max_partition_fetch_bytes", number(config.max_partition_fetch_bytes), {"max.partition.fetch.bytes"}},
      {"auto_offset_reset", config.auto_offset_reset, {"auto.offset.reset"}, true},
      {"enable_auto_commit", config.enable_auto_commit ? "true" : "false", {"enable.auto.commit"}},
      {"auto_commit_interval_ms", number(config.auto_commit_interval_ms), {"auto.commit.interval.ms"}},
      {"partition_assignment_strategy", config.partition_assignment_strategy, {"partition.assignment.strategy"}, true},
  };
}

std::string in_librdkafka(const Setting& setting, const Translation& translation) {
  if (setting.column == "max_poll_records") return fmt::format("turns of {}", translation.records_per_turn);
  if (setting.column == "consumer_group_id") return "group.id=" + setting.value;
  std::string out;
  for (const auto& property : setting.properties) {
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", property, translation.properties.at(property));
  }
  return out;
}

std::string_view source_text(const ConsumerConfig& config) {
  if (config.source == "row") return "a row of its own in pipeline_consumer_configs";
  if (config.source == "profile") return "its profile; `configs populate` makes a row of it";
  return "the defaults: it has neither a row nor a profile";
}

std::string object_of(const ConsumerConfig& config) {
  const Translation translation = translate(config);
  std::string out =
      fmt::format("{{\"service_name\":{},\"source\":{}", json_text(config.service_name), json_text(config.source));
  for (const Setting& setting : settings_of(config)) {
    out += fmt::format(",{}:{}", json_text(setting.column), setting.text ? json_text(setting.value) : setting.value);
  }
  out += fmt::format(",\"records_per_turn\":{},\"librdkafka\":{{", translation.records_per_turn);
  bool first = true;
  for (const auto& [property, value] : translation.properties) {
    out += fmt::format("{}{}:{}", std::exchange(first, false) ? "" : ",", json_text(property), json_text(value));
  }
  out += "},\"warnings\":[";
  first = true;
  for (const auto& warning : translation.warnings) {
    out += (std::exchange(first, false) ? "" : ",") + json_text(warning);
  }
  return out + "]}";
}

}  // namespace

const char* to_string(Priority priority) {
  switch (priority) {
    case Priority::low:
      return "low";
    case Priority::medium:
      return "medium";
    case Priority::high:
      return "high";
    case Priority::critical:
      return "critical";
  }
  return "";
}

std::string render_table(const std::vector<ConsumerConfig>& configs) {
  if (configs.empty()) return "no service has settings: `configs populate` writes those of the pipeline's services\n";
  TextTable table({{"SERVICE"},
                   {"FROM"},
                   {"GROUP"},
                   {"RECORDS", Side::right},
                   {"SESSION", Side::right},
                   {"HEARTBEAT", Side::right},
                   {"POLL INTERVAL", Side::right},
                   {"FETCH WAIT", Side::right},
                   {"FETCH", Side::right},
                   {"A PARTITION'S", Side::right},
                   {"STRATEGY"}});
  for (const ConsumerConfig& one : configs) {
    table.add({one.service_name, one.source, one.consumer_group_id, std::to_string(one.max_poll_records),
               duration_text(one.session_timeout_ms), duration_text(one.heartbeat_interval_ms),
               duration_text(one.max_poll_interval_ms), duration_text(one.fetch_max_wait_ms),
               size_text(one.fetch_max_bytes), size_text(one.max_partition_fetch_bytes),
               one.partition_assignment_strategy});
  }
  return table.render();
}

std::string render_table(const ConsumerConfig& config) {
  const Translation translation = translate(config);
  TextTable table({{"SETTING"}, {"VALUE", Side::right}, {"IN LIBRDKAFKA"}});
  for (const Setting& setting : settings_of(config)) {
    table.add({setting.column, setting.value, in_librdkafka(setting, translation)});
  }
  std::string out =
      fmt::format("{}: from {}\n{}", text::printable(config.service_name), source_text(config), table.render());
  for (const auto& warning : translation.warnings) out += "note: " + text::printable(warning) + '\n';
  return out;
}

std::string render_json(const std::vector<ConsumerConfig>& configs) {
  std::string out = "[";
  for (std::size_t i = 0; i < configs.size(); ++i) out += (i > 0 ? "," : "") + object_of(configs[i]);
  return out + "]\n";
}

std::string render_table(const std::vector<Populated>& done) {
  TextTable table({{"SERVICE"}, {"ROW"}});
  for (const Populated& one : done) table.add({one.service_name, one.action});
  return table.render();
}

std::string render_table(const AdviceReport& report) {
  if (report.advice.empty()) return "no advice: nothing in the recorded metrics asks for other settings\n";
  TextTable advice({{"PRIORITY"}, {"SERVICE"}, {"REASON"}});
  for (const Recommendation& one : report.advice) advice.add({to_string(one.priority), one.service_name, one.reason});
  std::string out = advice.render();
  if (report.changes.empty()) return out + "\nno setting is to be changed\n";
  TextTable changes({{"SERVICE"}, {"SETTING"}, {"BEFORE", Side::right}, {"AFTER", Side::right}});
  for (const AdvisedChange& one : report.changes) changes.add({one.service_name, one.setting, one.before, one.after});
  out += '\n' + changes.render();
  return out + (report.applied ? "applied; services take it within the time of their cache (5 min)\n"
                               : "nothing was changed: --apply does\n");
}

std::string render_json(const AdviceReport& report) {
  std::string out = fmt::format("{{\"applied\":{},\"recommendations\":[", report.applied);
  for (std::size_t i = 0; i < report.advice.size(); ++i) {
    const Recommendation& one = report.advice[i];
    out += fmt::format("{}{{\"service_name\":{},\"priority\":\"{}\",\"recommended_config\":{},\"reason\":{}}}",
                       i > 0 ? "," : "", json_text(one.service_name), to_string(one.priority),
                       one.recommended_config.empty() ? "null" : one.recommended_config, json_text(one.reason));
  }
  out += "],\"changes\":[";
  for (std::size_t i = 0; i < report.changes.size(); ++i) {
    const AdvisedChange& one = report.changes[i];
    out += fmt::format("{}{{\"service_name\":{},\"setting\":{},\"before\":{},\"after\":{},\"reason\":{}}}",
                       i > 0 ? "," : "", json_text(one.service_name), json_text(one.setting), json_text(one.before),
                       json_text(one.after), json_text(one.reason));
  }
  return out + "]}\n";
}

}  // namespace loom::kafka
