#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "sink/sqlstate.h"
#include "status/counter_value.h"
#include "status/documents.h"
#include "status/metric_families.h"

// Each name here is explained in docs/metrics.md, and a test holds that neither has one that the other lacks.
namespace loom::status {
namespace {

void add_batch_metrics(Families& families, const pipeline::Counters& counters) {
  families.histogram("kafka_to_db_batch_rows", "Rows of each committed batch.", counters.batch_rows);
  families.histogram("kafka_to_db_batch_bytes", "Bytes of keys and values of each committed batch.",
                     counters.batch_bytes);
  families.histogram("kafka_to_db_decode_seconds", "A worker's time to take, decode and encode a batch.",
                     counters.decode_seconds);
  families.histogram("kafka_to_db_queue_wait_seconds", "How long a batch waited for a database connection.",
                     counters.queue_seconds);
  families.histogram("kafka_to_db_copy_seconds", "From a batch's query being sent to its last statement's answer.",
                     counters.copy_seconds);
  families.histogram("kafka_to_db_commit_seconds", "From a batch's last statement's answer to that of its commit.",
                     counters.commit_seconds);
  families.histogram("kafka_to_db_end_to_end_latency_seconds",
                     "From each message's record timestamp to its commit in the database.",
                     counters.end_to_end_seconds);
}

void add_pipeline_metrics(Families& families, const pipeline::Counters& counters) {
  auto dead_letters = families.counter("kafka_to_db_dead_letters_total", "Messages that became dead letters.");
  std::array<std::uint64_t, kRejectReasons> sums{};
  for (const auto& [topic, of_topic] : counters.topics()) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += value(of_topic->dead_letters[i]);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    dead_letters.add(sums[i], {{"reason", std::string(to_string(static_cast<RejectReason>(i)))}});
  }

  // An SQLSTATE is five characters of PostgreSQL's own list: bounded. Each cause is there from the start.
  auto all = counters.retries();
  for (const batch::Cause cause : batch::kCauses) all.try_emplace({cause, std::string(sink::usual_sqlstate(cause))}, 0);
  auto retries = families.counter("kafka_to_db_retries_total", "Attempts to store a batch that were not committed.");
  for (const auto& [why, count] : all) {
    const auto& [cause, sqlstate] = why;
    retries.add(count, {{"cause", std::string(to_string(cause))},
                        {"sqlstate", sqlstate.empty() ? "connection_lost" : sqlstate}});
  }

  families.counter("kafka_to_db_rebalances_total", "Times that partitions were assigned, revoked or lost.")
      .add(value(counters.rebalances));
  families.counter("kafka_to_db_partitions_lost_total", "Partitions taken away because this member was late.")
      .add(value(counters.partitions_lost));
  families.counter("kafka_to_db_outdated_messages_total", "Messages skipped because they had been taken before.")
      .add(value(counters.outdated_messages));
  families.counter("kafka_to_db_gaps_verified_total", "Gaps between offsets that were fetched a second time.")
      .add(value(counters.gaps_verified));
}

void add_resource_metrics(Families& families, const Snapshot& snapshot) {
  families.gauge("kafka_to_db_pool_connections", "Open connections for writing.").add(snapshot.pool.connections);
  families.gauge("kafka_to_db_pool_busy_connections", "Of these, storing a batch now.").add(snapshot.pool.busy);
  families.gauge("kafka_to_db_pool_waiting_batches", "Batches that wait for a connection.").add(snapshot.pool.waiting);
  families.gauge("kafka_to_db_pool_min_connections", "LOOM_DB_MIN_POOL_SIZE.").add(snapshot.pool.minimum);
  families.gauge("kafka_to_db_pool_max_connections", "LOOM_DB_MAX_POOL_SIZE.").add(snapshot.pool.maximum);
  families.gauge("kafka_to_db_batch_memory_bytes", "Memory held by batches.").add(snapshot.batch_bytes);
  families.gauge("kafka_to_db_batch_memory_limit_bytes", "What the batches share.").add(snapshot.batch_bytes_limit);
  families.counter("kafka_to_db_reloads_total", "Configurations taken over or refused while running.")
      .add(snapshot.reloads, {{"outcome", "applied"}})
      .add(snapshot.refused_reloads, {{"outcome", "refused"}});
}

void add_service_metrics(Families& families, const Snapshot& snapshot) {
  families.gauge("kafka_to_db_build_info", "1; the labels are the facts.").add(true, {{"version", snapshot.version}});
  families.gauge("kafka_to_db_uptime_seconds", "Since the service started.").add(snapshot.uptime_seconds);
  families.gauge("kafka_to_db_ready", "1 when /readyz says so.").add(readiness(snapshot).ready);
  families.gauge("kafka_to_db_database_up", "1 when the database answers.").add(snapshot.health.database.now);
  families.gauge("kafka_to_db_kafka_up", "1 when a Kafka broker answers.").add(snapshot.health.kafka.now);
  auto troubles = families.gauge("kafka_to_db_trouble", "1 while something is not stored for this cause.");
  for (const batch::Cause cause : batch::kCauses) {
    const bool now = std::any_of(snapshot.troubles.begin(), snapshot.troubles.end(),
                                 [cause](const Trouble& one) { return one.cause == cause; });
    troubles.add(now, {{"cause", std::string(to_string(cause))}});
  }
}

void add_kafka_metrics(Families& families, const Snapshot& snapshot) {
  const source::ClientStatistics none;
  const source::ClientStatistics& kafka = snapshot.kafka ? *snapshot.kafka : none;
  families.gauge("kafka_to_db_fetch_queue_messages", "Prefetched from Kafka and not yet taken.")
      .add(kafka.fetch_queue_messages);
  families.gauge("kafka_to_db_fetch_queue_bytes", "The same in bytes.").add(kafka.fetch_queue_bytes);

  const auto per_broker = [&kafka](Families::Family family, auto member) {
    for (const source::BrokerStatistics& broker : kafka.brokers) {
      family.add(broker.*member, {{"broker", std::to_string(broker.id)}});
    }
  };
  using Broker = source::BrokerStatistics;
  per_broker(families.gauge("kafka_to_db_broker_up", "1 when the connection to the broker is up, or none is wanted."),
             &Broker::up);
  per_broker(
      families.gauge(
          "kafka_to_db_broker_round_trip_avg_seconds",
          "Average time from a request to its answer, over the last statistics interval; the wait of a fetch for "
          "messages included."),
      &Broker::round_trip_seconds);
  per_broker(families.gauge("kafka_to_db_broker_round_trip_p99_seconds", "The same, 99th percentile."),
             &Broker::round_trip_p99_seconds);
  per_broker(families.counter("kafka_to_db_broker_received_bytes_total", "Received from the broker."),
             &Broker::received_bytes);
  per_broker(families.counter("kafka_to_db_broker_requests_total", "Requests sent to the broker."), &Broker::requests);
  per_broker(families.counter("kafka_to_db_broker_request_errors_total",
                              "Requests and answers that failed, timeouts included."),
             &Broker::request_errors);
}

void add_registry_metrics(Families& families, const Snapshot& snapshot) {
  const registry::RegistryState state = snapshot.registry.value_or(registry::RegistryState{});
  auto requests = families.counter("kafka_to_db_registry_requests_total", "Schemas asked for, by what came of it.");
  for (const registry::Outcome outcome : registry::kAllOutcomes) {
    requests.add(state.requests_of(outcome), {{"outcome", std::string(registry::to_string(outcome))}});
  }
  families.gauge("kafka_to_db_registry_schemas", "Schemas that are known.").add(state.schemas);
  families.gauge("kafka_to_db_registry_schema_bytes", "Of their texts.").add(state.bytes);
  families.gauge("kafka_to_db_registry_waiting_schemas", "Schemas that are wanted and not known yet.")
      .add(state.waiting);
}

}  // namespace

void Families::histogram(std::string name, std::string help, const Histogram& histogram) {
  begin(std::move(name), std::move(help), prometheus::MetricType::Histogram);
  const HistogramCounts seen = histogram.read();
  auto& metric = all_.back().metric.emplace_back().histogram;
  metric.sample_count = seen.total;
  metric.sample_sum = seen.sum;
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < seen.bounds.size(); ++i) {
    up_to += seen.counts[i];
    metric.bucket.push_back({up_to, seen.bounds[i]});
  }
}

void add_process_metrics(Families& families, const ProcessUsage& usage) {
  const auto add = [](Families::Family family, const auto& known) {
    if (known) family.add(*known);
  };
  add(families.counter("process_cpu_seconds_total", "CPU time used, user and system."), usage.cpu_seconds);
  add(families.gauge("process_resident_memory_bytes", "Resident memory."), usage.resident_bytes);
  add(families.gauge("process_virtual_memory_bytes", "Virtual memory."), usage.virtual_bytes);
  add(families.gauge("process_threads", "Threads."), usage.threads);
  add(families.gauge("process_open_fds", "Open file descriptors."), usage.open_fds);
  add(families.gauge("process_max_fds", "How many it may open."), usage.max_fds);
  add(families.gauge("process_start_time_seconds", "When it started, since 1970."), usage.start_time_seconds);
}

std::string metrics_text(const Snapshot& snapshot) {
  Families families;
  add_service_metrics(families, snapshot);
  add_topic_metrics(families, snapshot);
  add_pipeline_metrics(families, *snapshot.counters);
  add_batch_metrics(families, *snapshot.counters);
  add_resource_metrics(families, snapshot);
  add_kafka_metrics(families, snapshot);
  add_registry_metrics(families, snapshot);
  add_lag_metrics(families, snapshot);
  add_process_metrics(families, read_process_usage());
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families.all());
  return std::move(text).str();
}

}  // namespace loom::status
