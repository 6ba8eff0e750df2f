#include "full_snapshot.h"

#include <memory>
#include <utility>

namespace loom::status {
namespace {

constexpr std::int64_t kNow = 1'795'273'200'000'000;  // 2026-11-21T15:00:00Z

void count(pipeline::Counters& counters) {
  pipeline::TopicCounters& audio = counters.of("device.audio.raw");
  audio.messages = 100'000;
  audio.message_bytes = 25'000'000;
  audio.stored_messages = 99'990;
  audio.rows = 99'980;
  audio.batches = 500;
  audio.merged_batches = 12;
  audio.retried_batches = 3;
  audio.stale_batches = 1;
  audio.last_commit_us = kNow - 100'000;
  audio.dead_letters[static_cast<std::size_t>(RejectReason::invalid_json)] = 10;
  audio.remember({RejectReason::invalid_json, "not JSON: \xff\xfe", 0, 77, "4bf92f3577b34da6", kNow - 600'000'000});
  counters.of("device.gps.raw").stops = 2;
  counters.count_retry(batch::Cause::conflict, "40001");
  counters.count_retry(batch::Cause::conflict, "40001");
  counters.count_retry(batch::Cause::away, "");
  counters.rebalances = 2;
  counters.batch_rows.observe(200, 3);
  counters.batch_rows.observe(1'000'000);
  counters.end_to_end_seconds.observe(0.42, 5);
}

TopicStatus audio_status(const pipeline::Counters& counters) {
  TopicStatus audio;
  audio.topic = "device.audio.raw";
  audio.mapping = "^device\\..*";
  audio.tables = {"device_audio_raw", "device_audio_words"};
  audio.state = "running";
  audio.partitions = 6;
  audio.messages = {80.04, 80.16};
  audio.rows = {160, 161};
  audio.lag = 120;
  audio.lag_seconds = 0.4004;
  audio.catch_up_seconds = 11.4;
  audio.lag_state = lag::State::ok;
  audio.minute = {.seconds = 60, .messages = 4810, .stored = 4800, .rows = 9590, .dead_letters = 5, .retries = 1};
  audio.trouble = Trouble{.cause = batch::Cause::conflict,
                          .since_seconds = 0.2,
                          .topics = {"device.audio.raw"},
                          .says = "40P01 deadlock detected"};
  audio.counters = counters.topics().front().second;
  return audio;
}

Trouble gps_trouble() {
  return {.cause = batch::Cause::schema,
          .since_seconds = 12.5,
          .topics = {"device.gps.raw"},
          .says = "42P01 relation \"gps\" does not exist"};
}

TopicStatus gps_status() {
  TopicStatus gps;
  gps.topic = gps.mapping = "device.gps.raw";
  gps.tables = {"gps"};
  gps.state = "stopped";
  gps.reason = "42P01 relation \"gps\" does not exist";
  gps.next_try_seconds = 1.8;
  gps.trouble = gps_trouble();
  gps.partitions = 1;
  return gps;
}

TopicStatus idle_status(const std::string& topic) {
  TopicStatus idle;
  idle.topic = idle.mapping = topic;
  idle.tables = {"t"};
  idle.state = "idle";
  return idle;
}

std::shared_ptr<const lag::GroupLag> group_lag() {
  auto group = std::make_shared<lag::GroupLag>();
  group->group = "kafka-to-db-consumer";
  group->sampled_us = kNow - 900'000;
  lag::PartitionLag known;
  known.topic = "device.audio.raw";
  known.committed = 1000;
  known.begin = 0;
  known.end = 1120;
  known.lag = 120;
  known.seconds = 0.4;
  known.retention_ratio = 0.10714;
  known.consumed_per_second = 80;
  known.produced_per_second = 69.5;
  known.assigned = true;
  known.state = lag::State::ok;
  known.origin = lag::OffsetOrigin::database;
  lag::PartitionLag unknown;
  unknown.topic = "device.gps.raw";
  unknown.partition = 3;
  unknown.state = lag::State::warn;
  group->partitions = {known, unknown};
  group->notes = {"Kafka did not answer"};
  return group;
}

std::shared_ptr<const lag::WaitingDeadLetters> waiting() {
  auto waiting = std::make_shared<lag::WaitingDeadLetters>();
  waiting->topics["device.audio.raw"]["invalid_json"] = {4, "of the table", 0, 5, "", kNow - 700'000'000};
  waiting->topics["device.old.raw"]["tombstone"] = {2, "no value", 1, 3, "4bf9", kNow - 900'000'000};
  waiting->sampled_us = kNow - 3'000'000;
  return waiting;
}

source::ClientStatistics kafka() {
  source::ClientStatistics statistics;
  source::BrokerStatistics broker;
  broker.id = 1;
  broker.address = "kafka-0:9092";
  broker.up = true;
  broker.round_trip_seconds = 0.0012;
  broker.round_trip_p99_seconds = 0.004;
  broker.received_bytes = 1'000'000;
  broker.requests = 500;
  statistics.brokers.push_back(broker);
  statistics.fetch_queue_messages = 1200;
  statistics.fetch_queue_bytes = 240'000;
  return statistics;
}

}  // namespace

FullSnapshot::FullSnapshot() {
  count(counters);
  snapshot.version = "0.1.0+abc";
  snapshot.wall_us = kNow;
  snapshot.uptime_seconds = 5025.34;
  snapshot.group = "kafka-to-db-consumer";
  snapshot.member = "rdkafka-1f2e";
  snapshot.state = "consuming";
  snapshot.assignment = {{"device.audio.raw", 0, 1000, 1100, 20, false}};
  snapshot.health.database = {true, "", 5024.1};
  snapshot.health.kafka = {true, "", 5023.9};
  snapshot.topics = {idle_status("^nobody$"), audio_status(counters), gps_status(), idle_status("device.new.raw")};
  snapshot.troubles = {gps_trouble()};
  snapshot.minute = {
      .seconds = 60, .messages = 480'010, .stored = 480'000, .rows = 479'990, .dead_letters = 5, .retries = 1};
  snapshot.messages = {8012.04, 8000.44};
  snapshot.rows = {8010, 7999.1};
  snapshot.lag = group_lag();
  snapshot.waiting_dead_letters = waiting();
  snapshot.reports_lag = true;
  snapshot.pool = {.connections = 6, .busy = 2, .waiting = 0, .minimum = 20, .maximum = 50};
  snapshot.resident_bytes = 120'000'000;
  snapshot.batch_bytes = 12'000'000;
  snapshot.batch_bytes_limit = 67'108'864;
  snapshot.settings = {{"batch.size", "200"},
                       {"batch.timeout.ms", "500"},
                       {"fetch.max.bytes", "52428800"},
                       {"fetch.min.bytes", "1"},
                       {"fetch.wait.max.ms", "100"},
                       {"from", "environment"},
                       {"heartbeat.interval.ms", "3000"},
                       {"max.partition.fetch.bytes", "1048576"},
                       {"max.poll.interval.ms", "300000"},
                       {"max.poll.records", "500"},
                       {"partition.assignment.strategy", "cooperative-sticky"},
                       {"session.timeout.ms", "60000"}};
  snapshot.reloads = 1;
  snapshot.refused_reloads = 2;
  snapshot.refused_reload = RefusedReload{
      .since_seconds = 30, .errors = {"topic_mappings.yml:7: error: there is no table `new`"}, .tried_again = true};
  log::Recent error;
  error.wall_us = kNow - 120'000'000;
  error.message = "no answer";
  error.times = 4213;
  snapshot.errors = {error};
  snapshot.kafka = kafka();
  snapshot.counters = &counters;
}

}  // namespace loom::status
