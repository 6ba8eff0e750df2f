#include <limits>
#include <optional>
#include <string>

#include "status/lag_known.h"
#include "status/metric_families.h"

// The group's lag, exported by one replica at a time. The names that begin with kafka_consumergroup are those of
// kafka_exporter (_lag) and kafka-lag-exporter (_group_...), whose dashboards and alerts go on working.
namespace loom::status {
namespace {

/// Burrow's own numbers (protocol.StatusConstant), as its exporters show them. 3 is a state that it keeps for groups.
double burrow_number(lag::State state) {
  switch (state) {
    case lag::State::unknown:
      return 0;
    case lag::State::ok:
      return 1;
    case lag::State::warn:
      return 2;
    case lag::State::stop:
      return 4;
    case lag::State::stall:
      return 5;
    case lag::State::rewind:
      return 6;
  }
  return 0;
}

void add_partitions(Families& families, const lag::GroupLag& group) {
  const auto add = [&families, &group](const char* name, const char* help, auto value_of) {
    auto family = families.gauge(name, help);
    family.reserve(group.partitions.size());
    for (const lag::PartitionLag& one : group.partitions) {
      const std::optional<double> value = value_of(one);
      if (!value) continue;  // it was never known
      family.add(*value, {{"group", group.group}, {"topic", one.topic}, {"partition", std::to_string(one.partition)}});
    }
  };
  const auto messages = [](const lag::PartitionLag& one) {
    return one.lag ? std::optional(static_cast<double>(*one.lag)) : std::nullopt;
  };
  add("kafka_consumergroup_lag", "Messages of the partition that are not stored yet.", messages);
  add("kafka_consumergroup_group_lag", "The same, under kafka-lag-exporter's name.", messages);
  add("kafka_consumergroup_group_lag_seconds", "Age of the partition's first message that is not stored; 0: none.",
      [](const lag::PartitionLag& one) { return one.seconds; });
  add("kafka_to_db_lag_retention_ratio",
      "Lag in messages over the length of the log; at 1 retention deletes what is not stored.",
      [](const lag::PartitionLag& one) { return one.retention_ratio; });
  add("kafka_to_db_lag_state", "Burrow's verdict: 0 unknown, 1 ok, 2 warn, 4 stop, 5 stall, 6 rewind.",
      [](const lag::PartitionLag& one) { return std::optional(burrow_number(one.state)); });
}

void add_topics(Families& families, const lag::GroupLag& group) {
  auto sum =
      families.gauge("kafka_consumergroup_group_topic_sum_lag", "Messages of the topic that are not stored yet.");
  for (const auto& [topic, of_topic] : group.by_topic()) {
    if (!is_known(of_topic)) continue;
    sum.add(static_cast<double>(of_topic.total()), {{"group", group.group}, {"topic", topic}});
  }
}

void add_group(Families& families, const lag::GroupLag& group) {
  const Labels label = {{"group", group.group}};
  families.gauge("kafka_consumergroup_group_sum_lag", "Messages of the group that are not stored yet.")
      .add(static_cast<double>(group.total()), label);
  families.gauge("kafka_consumergroup_group_max_lag_seconds", "Age of the group's oldest message that is not stored.")
      .add(group.seconds(), label);
  families.gauge("kafka_to_db_lag_drain_messages_per_second", "How fast the lag shrinks; negative: it grows.")
      .add(group.drain_rate(), label);
  families
      .gauge("kafka_to_db_lag_catch_up_seconds", "Until nothing is left at these rates; +Inf while it does not shrink.")
      .add(group.catch_up_seconds().value_or(std::numeric_limits<double>::infinity()), label);
  families.gauge("kafka_to_db_lag_sample_timestamp_seconds", "When the lag was last asked for, since 1970.")
      .add(static_cast<double>(group.sampled_us / 1000) / 1e3, label);
}

}  // namespace

void add_lag_metrics(Families& families, const Snapshot& snapshot) {
  families.gauge("kafka_to_db_reports_lag", "1 on the replica that exports the group's lag.").add(snapshot.reports_lag);
  if (!snapshot.reports_lag || !is_known(*snapshot.lag)) return;
  add_partitions(families, *snapshot.lag);
  add_topics(families, *snapshot.lag);
  add_group(families, *snapshot.lag);
}

}  // namespace loom::status
