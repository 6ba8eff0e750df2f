#include "status/documents.h"

#include <string>
#include <utility>

#include "status/counter_value.h"
#include "status/dead_letter_json.h"
#include "status/json_values.h"
#include "status/lag_known.h"
#include "status/verdict.h"
#include "status/verdict_json.h"

namespace loom::status {
namespace {

Json reachable(const Reachable& server) {
  return {{"reachable", server.now},
          {"for_seconds", seconds_value(server.since_seconds)},
          {"error", text_or_null(server.error)}};
}

Json kafka(const Snapshot& snapshot) {
  Json all = reachable(snapshot.health.kafka);
  Json brokers = Json::array();
  if (snapshot.kafka) {
    for (const source::BrokerStatistics& broker : snapshot.kafka->brokers) {
      brokers.push_back({{"id", broker.id},
                         {"address", broker.address},
                         {"up", broker.up},
                         {"round_trip_seconds", rounded(broker.round_trip_seconds, 6)},
                         {"round_trip_p99_seconds", rounded(broker.round_trip_p99_seconds, 6)}});
    }
  }
  all["brokers"] = std::move(brokers);
  all["fetch_queue_messages"] = snapshot.kafka ? Json(snapshot.kafka->fetch_queue_messages) : Json(nullptr);
  all["fetch_queue_bytes"] = snapshot.kafka ? Json(snapshot.kafka->fetch_queue_bytes) : Json(nullptr);
  return all;
}

Json partition_lag(const lag::PartitionLag& one) {
  return {{"topic", one.topic},
          {"partition", one.partition},
          {"committed", or_null(one.committed)},
          {"begin", or_null(one.begin)},
          {"end", or_null(one.end)},
          {"lag", or_null(one.lag)},
          {"seconds", seconds_or_null(one.seconds)},
          {"retention_ratio", seconds_or_null(one.retention_ratio)},
          {"consumed_per_second", rate_value(one.consumed_per_second)},
          {"produced_per_second", rate_value(one.produced_per_second)},
          {"assigned", or_null(one.assigned)},
          {"state", lag::to_string(one.state)},
          {"from", lag::to_string(one.origin)}};
}

Json group_lag(const Snapshot& snapshot) {
  const lag::GroupLag& group = *snapshot.lag;
  const bool known = is_known(group);
  Json partitions = Json::array();
  for (const lag::PartitionLag& one : group.partitions) partitions.push_back(partition_lag(one));
  return {{"messages", known ? Json(group.total()) : Json(nullptr)},
          {"seconds", known ? Json(seconds_value(group.seconds())) : Json(nullptr)},
          {"drain_rate", known ? Json(rate_value(group.drain_rate())) : Json(nullptr)},
          {"catch_up_seconds", known ? seconds_or_null(group.catch_up_seconds()) : Json(nullptr)},
          {"outlook", text_or_null(outlook(snapshot))},
          {"state", lag::to_string(group.worst())},
          {"sampled_at", instant_or_null(group.sampled_us)},
          {"notes", group.notes},
          {"partitions", std::move(partitions)}};
}

Json assignment(const std::vector<OwnedPartition>& partitions) {
  Json all = Json::array();
  for (const OwnedPartition& one : partitions) {
    all.push_back({{"topic", one.topic},
                   {"partition", one.partition},
                   {"stored", one.stored},
                   {"next", one.next},
                   {"backlog", one.backlog},
                   {"leaving", one.leaving}});
  }
  return all;
}

Json topic_entry(const Snapshot& snapshot, const TopicStatus& topic) {
  static const pipeline::TopicCounters kNothing;
  const pipeline::TopicCounters& counters = topic.counters == nullptr ? kNothing : *topic.counters;
  const bool lag_known = topic.lag.has_value();
  return {{"topic", topic.topic},
          {"mapping", topic.mapping},
          {"tables", topic.tables},
          {"state", topic.state},
          {"reason", text_or_null(topic.reason)},
          {"next_try_seconds", seconds_or_null(topic.next_try_seconds)},
          {"trouble", topic_trouble_json(topic.trouble)},
          {"warnings", topic.warnings},
          {"partitions", topic.partitions},
          {"messages_per_second", rate_value(topic.messages.last_second)},
          {"messages_per_second_1m", rate_value(topic.messages.last_minute)},
          {"rows_per_second", rate_value(topic.rows.last_second)},
          {"rows_per_second_1m", rate_value(topic.rows.last_minute)},
          {"last_minute", window_json(topic.minute)},
          {"messages", value(counters.messages)},
          {"rows", value(counters.rows)},
          {"upserted_rows", value(counters.upserted_rows)},
          {"deleted_rows", value(counters.deleted_rows)},
          {"dead_letters", counters.all_dead_letters()},
          {"dead_letters_by_reason", dead_letters_by_reason(counters)},
          {"dead_letters_waiting", waiting_dead_letters(snapshot, topic.topic)},
          {"batches", value(counters.batches)},
          {"retried", value(counters.retried_batches)},
          {"stale", value(counters.stale_batches)},
          {"lag", or_null(topic.lag)},
          {"lag_seconds", lag_known ? Json(seconds_value(topic.lag_seconds)) : Json(nullptr)},
          {"catch_up_seconds", seconds_or_null(topic.catch_up_seconds)},
          {"lag_state", lag::to_string(topic.lag_state)},
          {"last_commit", instant_or_null(counters.last_commit_us.load(std::memory_order_relaxed))}};
}

Json topics(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const TopicStatus& topic : snapshot.topics) all.push_back(topic_entry(snapshot, topic));
  return all;
}

/// The topics that are worked on: assigned here, or stopped.
Json active_topics(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const TopicStatus& topic : snapshot.topics) {
    if (topic.state != "idle") all.push_back(topic_entry(snapshot, topic));
  }
  return all;
}

Json stopped_topics(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const TopicStatus& topic : snapshot.topics) {
    if (topic.state != "stopped") continue;
    all.push_back({{"topic", topic.topic},
                   {"reason", topic.reason},
                   {"next_try_seconds", seconds_or_null(topic.next_try_seconds)}});
  }
  return all;
}

Json batches(const pipeline::Counters& counters) {
  using pipeline::TopicCounters;
  Json retries = Json::object();
  Json causes = Json::object();
  for (const auto& [why, count] : counters.retries()) {
    const auto& [cause, sqlstate] = why;
    Json& by_sqlstate = retries[sqlstate.empty() ? "connection_lost" : sqlstate];
    Json& by_cause = causes[std::string(to_string(cause))];
    by_sqlstate = by_sqlstate.is_null() ? count : by_sqlstate.get<std::uint64_t>() + count;
    by_cause = by_cause.is_null() ? count : by_cause.get<std::uint64_t>() + count;
  }
  return {{"committed", counters.total(&TopicCounters::batches)},
          {"merged", counters.total(&TopicCounters::merged_batches)},
          {"retried", counters.total(&TopicCounters::retried_batches)},
          {"stale", counters.total(&TopicCounters::stale_batches)},
          {"retries_by_sqlstate", std::move(retries)},
          {"retries_by_cause", std::move(causes)}};
}

Json totals(const pipeline::Counters& counters) {
  using pipeline::TopicCounters;
  std::uint64_t dead_letters = 0;
  for (const auto& [topic, of_topic] : counters.topics()) dead_letters += of_topic->all_dead_letters();
  return {{"messages", counters.total(&TopicCounters::messages)},
          {"rows", counters.total(&TopicCounters::rows)},
          {"dead_letters", dead_letters},
          {"message_bytes", counters.total(&TopicCounters::message_bytes)}};
}

Json errors(const std::vector<log::Recent>& recent) {
  Json all = Json::array();
  for (const log::Recent& error : recent) {
    all.push_back({{"time", instant_or_null(error.wall_us)},
                   {"level", log::to_string(error.level)},
                   {"topic", text_or_null(error.topic)},
                   {"message", error.message},
                   {"times", error.times}});
  }
  return all;
}

}  // namespace

std::string status_json(const Snapshot& snapshot) {
  const pipeline::Counters& counters = *snapshot.counters;
  const Json document = {{"version", snapshot.version},
                         {"time", instant_or_null(snapshot.wall_us)},
                         {"uptime_seconds", rounded(snapshot.uptime_seconds, 1)},
                         {"group",
                          {{"id", snapshot.group},
                           {"member", text_or_null(snapshot.member)},
                           {"state", snapshot.state},
                           {"reports_lag", snapshot.reports_lag}}},
                         {"verdict", verdict_json(snapshot)},
                         {"troubles", troubles_json(snapshot)},
                         {"ready", why_not_ready(snapshot).empty()},
                         {"database", reachable(snapshot.health.database)},
                         {"kafka", kafka(snapshot)},
                         {"rates",
                          {{"messages_per_second", rate_value(snapshot.messages.last_second)},
                           {"messages_per_second_1m", rate_value(snapshot.messages.last_minute)},
                           {"rows_per_second", rate_value(snapshot.rows.last_second)},
                           {"rows_per_second_1m", rate_value(snapshot.rows.last_minute)}}},
                         {"last_minute", window_json(snapshot.minute)},
                         {"totals", totals(counters)},
                         {"lag", group_lag(snapshot)},
                         {"assignment", assignment(snapshot.assignment)},
                         {"batches", batches(counters)},
                         {"dead_letters", dead_letters(snapshot)},
                         {"pool",
                          {{"connections", snapshot.pool.connections},
                           {"busy", snapshot.pool.busy},
                           {"waiting", snapshot.pool.waiting},
                           {"min", snapshot.pool.minimum},
                           {"max", snapshot.pool.maximum}}},
                         {"memory",
                          {{"resident_bytes", snapshot.resident_bytes},
                           {"batch_bytes", snapshot.batch_bytes},
                           {"batch_bytes_limit", snapshot.batch_bytes_limit}}},
                         {"rebalances", value(counters.rebalances)},
                         {"settings", snapshot.settings},
                         {"reloads", reloads_json(snapshot)},
                         {"stopped_topics", stopped_topics(snapshot)},
                         {"topics", active_topics(snapshot)},
                         {"last_errors", errors(snapshot.errors)}};
  return text_of(document);
}

std::string topics_json(const Snapshot& snapshot) {
  return text_of({{"time", instant_or_null(snapshot.wall_us)}, {"topics", topics(snapshot)}});
}

Readiness readiness(const Snapshot& snapshot) {
  const auto server = [](const Reachable& one) {
    return Json{{"reachable", one.now}, {"error", text_or_null(one.error)}};
  };
  const std::string why_not = why_not_ready(snapshot);
  const bool ready = why_not.empty();
  return {ready, text_of({{"ready", ready},
                          {"reason", text_or_null(why_not)},
                          {"database", server(snapshot.health.database)},
                          {"kafka", server(snapshot.health.kafka)},
                          {"assigned", snapshot.assignment.size()},
                          {"state", snapshot.state}})};
}

std::string history_json(const std::vector<HistoryPoint>& points) {
  Json time = Json::array();
  Json messages = Json::array();
  Json rows = Json::array();
  Json lag = Json::array();
  for (const HistoryPoint& point : points) {
    time.push_back(point.wall_us / 1000);
    messages.push_back(rate_value(point.messages_per_second));
    rows.push_back(rate_value(point.rows_per_second));
    lag.push_back(point.lag);
  }
  return text_of({{"interval_seconds", 1},
                  {"time", std::move(time)},
                  {"messages_per_second", std::move(messages)},
                  {"rows_per_second", std::move(rows)},
                  {"lag", std::move(lag)}});
}

}  // namespace loom::status
