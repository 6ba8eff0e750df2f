#include "sdk/stage/dead_letters.h"

#include <algorithm>

#include "base/log.h"
#include "base/plural.h"

namespace loom::kafka::stage {
namespace {

constexpr std::string_view kLeftOut = "dlq.left_out";

}  // namespace

Output dead_letter_of(const Record& record, const std::string& topic, const std::string& group, std::string_view reason,
                      std::string_view message) {
  Output output{.topic = topic,
                .value = record.value,
                .key = record.key,
                .headers = record.headers,
                .partition = record.partition,
                .dead_letter = true};
  const auto add = [&](const char* name, std::string_view value) { output.headers.emplace_back(name, value); };
  add("dlq.topic", record.topic);
  add("dlq.partition", std::to_string(record.partition));
  add("dlq.offset", std::to_string(record.offset));
  if (record.timestamp_ms >= 0) add("dlq.timestamp", std::to_string(record.timestamp_ms));
  add("dlq.group", group);
  add("dlq.reason", reason);
  add("dlq.message", message);
  return output;
}

Output bare_dead_letter_of(const Output& dead_letter, const std::string& why) {
  Output left{.topic = dead_letter.topic, .value = {}, .key = {}, .headers = {}};
  left.partition = dead_letter.partition;
  left.record = dead_letter.record;
  left.dead_letter = true;
  for (const auto& [name, value] : dead_letter.headers) {
    if (name.starts_with("dlq.")) left.headers.emplace_back(name, value.substr(0, 1000));
  }
  left.headers.emplace_back(kLeftOut, "key, value and headers: " + why);
  return left;
}

bool is_bare(const Output& output) {
  return output.dead_letter && !output.headers.empty() && output.headers.back().first == kLeftOut;
}

int DeadLetterTopics::partitions_of(const std::string& topic, const std::string& origin) {
  const auto known = partitions_.find(topic);
  if (known != partitions_.end()) return known->second;
  if (!admin_) admin_.emplace(bootstrap_servers_, properties_, std::chrono::seconds(5));
  std::optional<int> count = admin_->partition_count(topic);
  if (!count) {
    const int wanted = std::max(admin_->partition_count(origin).value_or(1), 1);
    if (admin_->create_topic(topic, wanted)) {
      log::info({.topic = topic}, "created with {}, for dead letters", plural(wanted, "partition"));
    }
    count = admin_->partition_count(topic).value_or(wanted);
  }
  return partitions_[topic] = *count;
}

void DeadLetterTopics::prepare(Output& dead_letter, const std::string& origin) {
  if (dead_letter.partition >= partitions_of(dead_letter.topic, origin)) dead_letter.partition = -1;
}

}  // namespace loom::kafka::stage
