#include "loom/kafka/base_consumer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "sdk/consumer/consumer_impl.h"
#include "sdk/stage/delivery.h"
#include "sdk/stage/ledger.h"
#include "sdk/stage/report.h"

namespace loom::kafka {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kPoll{100};
/// For each step of leaving the group; with StageStop's patience and the wait for the database it has to be below 10 s.
constexpr milliseconds kLeave{2'500};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown-host";
}

StageSettings checked(StageSettings settings) {
  if (settings.service_name.empty()) throw std::runtime_error("a stage needs a service name");
  if (settings.topics.empty()) throw std::runtime_error("a stage needs a topic to consume");
  if (settings.dead_letter_suffix.empty()) throw std::runtime_error("a dead-letter topic's suffix may not be empty");
  if (settings.instance.empty()) settings.instance = host_name();
  return settings;
}

}  // namespace

/// The loop of the header, and what it needs.
struct BaseKafkaConsumer::Impl {
  Impl(BaseKafkaConsumer& its_stage, StageSettings given) : stage(its_stage), settings(checked(std::move(given))) {}

  void run();

  // Of one turn
  void take_turn();
  void process_turn();
  enum class Processed { yes, later };
  Processed process(std::size_t number);
  Processed attempt(const Record& record, bool& failed);
  void finish_turn();

  // Between turns
  void open();
  void follow_config();
  void join();
  void leave();
  void report(bool now);
  void seek(const std::vector<Position>& positions) const;

  [[nodiscard]] ConsumerConfig wanted_config();
  [[nodiscard]] std::map<std::string, std::string> consumer_properties() const;
  [[nodiscard]] DeliverySettings delivery_settings(const std::string& group) const;

  BaseKafkaConsumer& stage;
  const StageSettings settings;
  StageStop stop;

  std::optional<StageReporter> reporter;
  ConsumerConfig config;  // what the consumer was made by
  std::string group;
  std::unique_ptr<StageDelivery> delivery;
  std::unique_ptr<Consumer> consumer;
  StageLedger ledger;
  StageTally tally{Steady::now()};

  Turn turn;
  std::vector<Output> growing;  // of the message that is being processed
};

ConsumerConfig BaseKafkaConsumer::Impl::wanted_config() {
  ConsumerConfig wanted = reporter->config();
  wanted.enable_auto_commit = false;  // offsets are committed when the work is done
  if (!settings.group_id.empty()) wanted.consumer_group_id = settings.group_id;
  if (wanted.consumer_group_id.empty()) wanted.consumer_group_id = settings.service_name;
  return wanted;
}

std::map<std::string, std::string> BaseKafkaConsumer::Impl::consumer_properties() const {
  std::map<std::string, std::string> properties = settings.rdkafka;
  properties["enable.auto.commit"] = "false";
  // Not only for the records: it also makes librdkafka wait for the offsets of a transaction that is still open.
  if (settings.exactly_once) properties["isolation.level"] = "read_committed";
  properties.erase("transactional.id");
  return properties;
}

DeliverySettings BaseKafkaConsumer::Impl::delivery_settings(const std::string& of_group) const {
  StageProducerSettings producer{.bootstrap_servers = settings.bootstrap_servers,
                                 .client_id = settings.service_name,
                                 .transactional_id = {},
                                 .properties = settings.rdkafka};
  // One name for a replica's life and its next one: what a killed process left open is ended when it is back. Which
  // partitions it has does not matter, since the group's metadata goes along with the offsets.
  if (settings.exactly_once) {
    producer.transactional_id = settings.service_name + "." + of_group + "." + settings.instance;
  }
  return {.producer = std::move(producer), .dead_letter_suffix = settings.dead_letter_suffix};
}

void BaseKafkaConsumer::Impl::open() {
  reporter.emplace(LoaderSettings{.database_url = settings.database_url, .cache = settings.config_cache},
                   settings.service_name);
  config = wanted_config();
  group = config.consumer_group_id;
  const DeliverySettings to = delivery_settings(group);
  delivery = settings.exactly_once ? make_transactional_delivery(to, stop) : make_plain_delivery(to, stop);
}

void BaseKafkaConsumer::Impl::join() {
  consumer = std::make_unique<Consumer>(config, settings.topics, settings.bootstrap_servers, consumer_properties());
  log::info({}, "{} consumes as a member of {}, {} messages a turn (settings: {}){}", settings.service_name, group,
            consumer->records_per_turn(), config.source,
            settings.exactly_once ? ", exactly once as " + settings.instance : "");
}

void BaseKafkaConsumer::Impl::leave() {
  if (consumer == nullptr) return;
  // What could not be committed with its turn.
  if (!settings.exactly_once && !stop.overdue()) static_cast<void>(consumer->commit(ledger.finished(), kLeave));
  consumer->close(kLeave);
  ledger.forget_all();
  consumer.reset();
}

void BaseKafkaConsumer::Impl::follow_config() {
  ConsumerConfig wanted = wanted_config();
  wanted.consumer_group_id = group;  // a group is for life: another one would begin from its own offsets
  if (wanted == config) return;
  const bool same = same_client(config, wanted);
  config = std::move(wanted);
  if (same) {
    consumer->set_records_per_turn(config.max_poll_records);
    log::info({}, "{}: {} messages a turn from now on", settings.service_name, consumer->records_per_turn());
    return;
  }
  log::info({}, "{}: its settings have changed; it leaves the group and joins it anew", settings.service_name);
  leave();
  join();
}

void BaseKafkaConsumer::Impl::run() {
  open();
  if (!delivery->open()) return;
  join();
  while (!stop.requested()) {
    follow_config();
    take_turn();
    if (turn.records.empty()) {
      delivery->idle();
    } else {
      process_turn();
      finish_turn();
    }
    report(false);
  }
  static_cast<void>(stop.overdue());  // its time runs from here on
  report(true);
  leave();
}

void BaseKafkaConsumer::Impl::take_turn() {
  turn = {};
  std::vector<Record> records = consumer->poll(kPoll);
  const Assignment change = consumer->take_assignment();
  ledger.reassign(change);
  tally.rebalanced(change.rebalances);
  std::erase_if(records, [&](const Record& record) { return !ledger.take(record); });
  turn.records = std::move(records);
}

void BaseKafkaConsumer::Impl::process_turn() {
  delivery->begin();
  // A turn that takes longer would cost the membership, and all of it would be done again, for ever.
  const TimePoint until = Steady::now() + milliseconds(config.max_poll_interval_ms) / 2;
  while (turn.finished < turn.records.size() && !stop.requested() && Steady::now() < until) {
    const std::size_t from = turn.outputs.size();
    if (process(turn.finished) == Processed::later) break;
    ledger.finish(turn.records[turn.finished]);
    ++turn.finished;
    delivery->added(turn, from);
  }
  if (turn.finished < turn.records.size()) seek(ledger.put_back_unfinished());
}

BaseKafkaConsumer::Impl::Processed BaseKafkaConsumer::Impl::process(std::size_t number) {
  const Record& record = turn.records[number];
  const TimePoint start = Steady::now();
  bool failed = false;
  const Processed processed = attempt(record, failed);
  if (processed == Processed::yes) tally.processed(Steady::now() - start, failed);
  for (Output& output : growing) output.record = number;
  std::move(growing.begin(), growing.end(), std::back_inserter(turn.outputs));
  growing.clear();
  return processed;
}

/// Tries until it is processed, or a dead letter. Later: something it needs is away, or the stage is to end.
BaseKafkaConsumer::Impl::Processed BaseKafkaConsumer::Impl::attempt(const Record& record, bool& failed) {
  Backoff backoff(settings.retry_first, settings.retry_cap, static_cast<std::uint64_t>(record.offset));
  const log::About about{.topic = record.topic, .partition = record.partition, .offset = record.offset};
  // The group hears of us between turns only.
  const TimePoint until = Steady::now() + milliseconds(config.max_poll_interval_ms) / 4;
  std::string error;
  for (int tries = 0; tries <= settings.retries;) {
    growing.clear();
    try {
      stage.process_message(record);
      return Processed::yes;
    } catch (const TryLater& away) {
      log::warn(about, "waits: {}", away.what());
      failed = true;
      growing.clear();
      if (Steady::now() > until || !stop.wait(backoff.next())) return Processed::later;
      continue;
    } catch (const std::exception& problem) {
      error = problem.what();
    }
    growing.clear();
    failed = true;
    ++tries;
    log::warn(about, "try {} of {} failed: {}", tries, settings.retries + 1, error);
    if (tries <= settings.retries && !stop.wait(backoff.next())) return Processed::later;
  }
  log::error(about, "became a dead letter: {}", error);
  growing.push_back(
      dead_letter_of(record, record.topic + settings.dead_letter_suffix, group, "processing_failed", error));
  return Processed::yes;
}

void BaseKafkaConsumer::Impl::finish_turn() {
  // Also what an earlier turn could not commit.
  const std::vector<Position> positions = ledger.finished();
  if (positions.empty()) return;
  const DeliveryTarget target{.consumer = consumer.get(), .client = consumer->impl_->client, .group = group};
  switch (delivery->deliver(turn, positions, target)) {
    case DeliveryResult::delivered:
      ledger.delivered(positions);
      return;
    case DeliveryResult::unfinished:
      return;
    case DeliveryResult::given_up:  // nothing more is committed: it is all done again
    case DeliveryResult::group_moved:
      seek(ledger.put_back_undelivered());
      return;
  }
}

void BaseKafkaConsumer::Impl::seek(const std::vector<Position>& positions) const {
  if (positions.empty() || stop.requested()) return;
  const admin::KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& at : positions) {
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = at.offset;
  }
  const std::unique_ptr<rd_kafka_error_t, admin::KafkaDeleter<rd_kafka_error_destroy>> error(
      rd_kafka_seek_partitions(consumer->impl_->client, list.get(), 5'000));
  if (error != nullptr)
    throw std::runtime_error(std::string("cannot seek back: ") + rd_kafka_error_string(error.get()));
}

void BaseKafkaConsumer::Impl::report(bool now) {
  const TimePoint time = Steady::now();
  if (!now && !tally.due(time, settings.report_every)) return;
  StageReport report{.metrics = tally.take(settings.service_name, time), .lag = {}};
  for (const auto& [position, end] : consumer->positions_and_ends()) {
    report.lag.push_back({.service_name = settings.service_name,
                          .consumer_group_id = group,
                          .topic = position.topic,
                          .partition = position.partition,
                          .current_offset = position.offset,
                          .end_offset = end});
  }
  reporter->post(std::move(report));
}

BaseKafkaConsumer::BaseKafkaConsumer(StageSettings settings)
    : impl_(std::make_unique<Impl>(*this, std::move(settings))) {}

BaseKafkaConsumer::~BaseKafkaConsumer() = default;

void BaseKafkaConsumer::run() {
  try {
    on_start();
    impl_->run();
  } catch (...) {
    if (impl_->consumer != nullptr) impl_->consumer->close(kLeave);  // or it would stay a member that takes nothing
    on_stop();
    throw;
  }
  on_stop();
}

void BaseKafkaConsumer::stop() noexcept { impl_->stop.request(); }

const StageSettings& BaseKafkaConsumer::settings() const { return impl_->settings; }

void BaseKafkaConsumer::send_to_topic(const std::string& topic, std::string_view value, std::optional<std::string> key,
                                      Headers headers) {
  impl_->growing.push_back(
      {.topic = topic, .value = std::string(value), .key = std::move(key), .headers = std::move(headers)});
}

}  // namespace loom::kafka
