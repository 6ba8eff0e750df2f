#include "sdk/stage/membership.h"

#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "base/plural.h"
#include "sdk/consumer/consumer_impl.h"

namespace loom::kafka::stage {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPoll{100};
/// For each step of leaving the group; with Stop's patience and the wait for the database it has to be below 10 s.
constexpr milliseconds kLeave{2'500};

}  // namespace

Membership::Membership(const StageSettings& settings, const ConsumerConfig& loaded, Stop& stop, Tally& tally)
    : settings_(settings), stop_(stop), tally_(tally), config_(of_group(loaded, settings.group_id)) {}

ConsumerConfig Membership::of_group(ConsumerConfig config, const std::string& group) const {
  config.enable_auto_commit = false;  // offsets are committed when the work is done
  if (!group.empty()) config.consumer_group_id = group;
  if (config.consumer_group_id.empty()) config.consumer_group_id = settings_.service_name;
  return config;
}

std::map<std::string, std::string> Membership::properties() const {
  std::map<std::string, std::string> properties = settings_.rdkafka;
  properties["enable.auto.commit"] = "false";
  // Not only for the records: it also makes librdkafka wait for the offsets of a transaction that is still open.
  if (settings_.exactly_once) properties["isolation.level"] = "read_committed";
  properties.erase("transactional.id");
  return properties;
}

void Membership::join() {
  consumer_ = std::make_unique<Consumer>(config_, settings_.topics, settings_.bootstrap_servers, properties());
  log::info({}, "{} consumes as a member of {}, {} a turn (settings: {}){}", settings_.service_name, group(),
            plural(consumer_->records_per_turn(), "message"), config_.source,
            settings_.exactly_once ? ", exactly once as " + settings_.instance : "");
}

void Membership::leave() {
  if (consumer_ == nullptr) return;
  // Logged where it fails: whoever has the partitions next does the work again.
  if (!settings_.exactly_once && !stop_.overdue()) static_cast<void>(consumer_->commit(ledger_.finished(), kLeave));
  consumer_->close(kLeave);
  ledger_.forget_all();
  consumer_.reset();
}

void Membership::abandon() {
  if (consumer_ != nullptr) consumer_->close(kLeave);
}

void Membership::follow(const ConsumerConfig& loaded) {
  // A group is for life: another one would begin from its own offsets.
  ConsumerConfig config = of_group(loaded, group());
  if (config == config_) return;
  const bool same = same_client(config_, config);
  config_ = std::move(config);
  if (same) {
    consumer_->set_records_per_turn(config_.max_poll_records);
    log::info({}, "{}: {} a turn from now on", settings_.service_name,
              plural(consumer_->records_per_turn(), "message"));
    return;
  }
  log::info({}, "{}: its settings have changed; it leaves the group and joins it anew", settings_.service_name);
  leave();
  join();
}

std::vector<Record> Membership::take() {
  std::vector<Record> records = consumer_->poll(kPoll);
  const Assignment change = consumer_->take_assignment();
  ledger_.reassign(change);
  tally_.rebalanced(change.rebalances);
  std::erase_if(records, [&](const Record& record) { return !ledger_.take(record); });
  return records;
}

DeliveryTarget Membership::target() const {
  return {.consumer = consumer_.get(), .client = consumer_->impl_->client, .group = group()};
}

std::vector<LagRecord> Membership::lag() const {
  std::vector<LagRecord> lag;
  for (const auto& [position, end] : consumer_->positions_and_ends()) {
    lag.push_back({.service_name = settings_.service_name,
                   .consumer_group_id = group(),
                   .topic = position.topic,
                   .partition = position.partition,
                   .current_offset = position.offset,
                   .end_offset = end});
  }
  return lag;
}

void Membership::seek(const std::vector<Position>& positions) const {
  if (positions.empty() || stop_.requested()) return;
  const admin::KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& at : positions) {
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = at.offset;
  }
  const std::unique_ptr<rd_kafka_error_t, admin::KafkaDeleter<rd_kafka_error_destroy>> error(
      rd_kafka_seek_partitions(consumer_->impl_->client, list.get(), 5'000));
  if (error != nullptr)
    throw std::runtime_error(std::string("cannot seek back: ") + rd_kafka_error_string(error.get()));
}

}  // namespace loom::kafka::stage
