#include <map>
#include <string_view>

#include "status/metric_families.h"

// What is counted by topic. A topic has its series from the moment that it is mapped, so that the first dead letter or
// stop is an increase and not a new series; after a reload has taken it away they stay, since counters do not go back.
namespace loom::status {
namespace {

using pipeline::TopicCounters;

struct Topic {
  const TopicCounters* counters = nullptr;
  const TopicStatus* status = nullptr;
};
using Topics = std::map<std::string_view, Topic>;

/// Sums over the topics' labels: the names live as long as `counted` and the snapshot.
Topics all_topics(const Snapshot& snapshot, const std::vector<std::pair<std::string, const TopicCounters*>>& counted) {
  Topics topics;
  for (const auto& [name, counters] : counted) topics[name].counters = counters;
  for (const TopicStatus& topic : snapshot.topics) {
    const bool is_pattern = topic.topic.starts_with('^');  // not a topic's name, and stands there until one matches
    if (!is_pattern) topics[topic.topic].status = &topic;
  }
  return topics;
}

Labels label(std::string_view topic) { return {{"topic", std::string(topic)}}; }

std::uint64_t value(const TopicCounters* counters, std::atomic<std::uint64_t> TopicCounters::*member) {
  return counters == nullptr ? 0 : (counters->*member).load(std::memory_order_relaxed);
}

void add_counter(Families& families, const Topics& topics, std::atomic<std::uint64_t> TopicCounters::*member,
                 const char* name, const char* help) {
  auto family = families.counter(name, help);
  family.reserve(topics.size());
  for (const auto& [topic, of_topic] : topics) family.add(value(of_topic.counters, member), label(topic));
}

void add_outcomes(Families& families, const Topics& topics) {
  auto family = families.counter("kafka_to_db_batches_total", "Attempts to store a batch, by what came of them.");
  family.reserve(topics.size() * 3);
  const auto add = [&family](const TopicCounters* counters, std::string_view topic,
                             std::atomic<std::uint64_t> TopicCounters::*member, const char* outcome) {
    family.add(value(counters, member), {{"topic", std::string(topic)}, {"outcome", outcome}});
  };
  for (const auto& [topic, of_topic] : topics) {
    add(of_topic.counters, topic, &TopicCounters::batches, "committed");
    add(of_topic.counters, topic, &TopicCounters::retried_batches, "retried");
    add(of_topic.counters, topic, &TopicCounters::stale_batches, "stale");
  }
}

void add_dead_letters(Families& families, const Topics& topics) {
  auto family = families.counter("kafka_to_db_topic_dead_letters_total",
                                 "Messages that became dead letters, by topic; reasons that occurred.");
  for (const auto& [topic, of_topic] : topics) {
    for (std::size_t i = 0; of_topic.counters != nullptr && i < kRejectReasons; ++i) {
      const std::uint64_t count = of_topic.counters->dead_letters[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      family.add(count,
                 {{"topic", std::string(topic)}, {"reason", std::string(to_string(static_cast<RejectReason>(i)))}});
    }
  }
  // By topic alone from the start: a first burst of bad messages has to be an increase for whoever compares them with
  // all messages of the topic.
  auto bad = families.counter("kafka_to_db_bad_messages_total", "Messages of the topic that became dead letters.");
  bad.reserve(topics.size());
  for (const auto& [topic, of_topic] : topics) {
    bad.add(of_topic.counters == nullptr ? 0 : of_topic.counters->all_dead_letters(), label(topic));
  }
}

/// What a COPY inserted, what a merge inserted or overwrote, and what messages deleted.
void add_rows(Families& families, const Topics& topics) {
  auto family = families.counter("kafka_to_db_rows_total", "Rows committed, by what was done.");
  family.reserve(3 * topics.size());
  const auto add = [&family](const Topic& of_topic, std::string_view topic,
                             std::atomic<std::uint64_t> TopicCounters::*member, const char* operation) {
    family.add(value(of_topic.counters, member), {{"topic", std::string(topic)}, {"operation", operation}});
  };
  for (const auto& [topic, of_topic] : topics) {
    add(of_topic, topic, &TopicCounters::inserted_rows, "insert");
    add(of_topic, topic, &TopicCounters::upserted_rows, "upsert");
    add(of_topic, topic, &TopicCounters::deleted_rows, "delete");
  }
}

void add_states(Families& families, const Topics& topics) {
  auto assigned = families.gauge("kafka_to_db_assigned_partitions", "Partitions of the topic that this replica owns.");
  for (const auto& [topic, of_topic] : topics) {
    if (of_topic.status != nullptr) assigned.add(of_topic.status->partitions, label(topic));
  }
  auto stopped = families.gauge("kafka_to_db_topic_stopped", "1 while the topic is stopped; /status says why.");
  for (const auto& [topic, of_topic] : topics) {
    if (of_topic.status != nullptr) stopped.add(of_topic.status->state == "stopped", label(topic));
  }
  auto last = families.gauge("kafka_to_db_topic_last_commit_timestamp_seconds",
                             "When a batch of the topic was last committed, since 1970.");
  for (const auto& [topic, of_topic] : topics) {
    if (of_topic.counters == nullptr) continue;
    const std::int64_t us = of_topic.counters->last_commit_us.load(std::memory_order_relaxed);
    const std::int64_t ms = us / 1000;
    if (us > 0) last.add(static_cast<double>(ms) / 1e3, label(topic));
  }
}

}  // namespace

void add_topic_metrics(Families& families, const Snapshot& snapshot) {
  const auto counted = snapshot.counters->topics();
  const Topics topics = all_topics(snapshot, counted);
  add_counter(families, topics, &TopicCounters::messages, "kafka_to_db_messages_total",
              "Messages taken from Kafka into a batch.");
  add_counter(families, topics, &TopicCounters::message_bytes, "kafka_to_db_message_bytes_total",
              "Bytes of their keys and values.");
  add_counter(families, topics, &TopicCounters::stored_messages, "kafka_to_db_stored_messages_total",
              "Messages committed, as rows or as dead letters.");
  add_rows(families, topics);
  add_outcomes(families, topics);
  add_counter(families, topics, &TopicCounters::merged_batches, "kafka_to_db_merged_batches_total",
              "Committed batches that met keys already there and were merged.");
  add_dead_letters(families, topics);
  add_counter(families, topics, &TopicCounters::stops, "kafka_to_db_topic_stops_total",
              "Times that the topic was stopped.");
  add_counter(families, topics, &TopicCounters::lost_to_retention, "kafka_to_db_lost_to_retention_messages_total",
              "Messages that Kafka deleted before they were stored.");
  add_counter(families, topics, &TopicCounters::replaced_records, "kafka_to_db_replaced_records_total",
              "Records that were stored and that the log has lost since: others have their offsets.");
  add_states(families, topics);
}

}  // namespace loom::status
