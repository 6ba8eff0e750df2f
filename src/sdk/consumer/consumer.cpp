#include "loom/kafka/consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "admin/kafka_admin.h"
#include "base/log.h"
#include "base/property_secrets.h"
#include "sdk/consumer/consumer_impl.h"

namespace loom::kafka {

namespace {

using admin::KafkaDeleter;
using admin::KafkaEvent;
using admin::KafkaPartitions;
using admin::KafkaQueue;
using Message = std::unique_ptr<rd_kafka_message_t, KafkaDeleter<rd_kafka_message_destroy>>;
using Steady = std::chrono::steady_clock;

constexpr int kAssignMs = 5'000;

int milliseconds_left(Steady::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void log_line(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // As syslog counts.
  constexpr int kError = 3;
  constexpr int kWarning = 4;
  // librdkafka 2.0 says that consumers ignore it, and yet waits so long before it repeats their requests.
  if (std::strcmp(facility, "CONFWARN") == 0 && std::strstr(text, "retry.backoff.ms") != nullptr) return;
  const auto our_level = level <= kError     ? log::Level::error
                         : level <= kWarning ? log::Level::warning
                                             : log::Level::debug;
  if (!log::enabled(our_level)) return;
  log::write(our_level, {}, fmt::format("{} librdkafka {}", rd_kafka_name(client), facility),
             fmt::format("librdkafka {}: {}", facility, without_property_secret(text)));
}

/// How much is fetched ahead of the records that are taken. librdkafka's own 100,000 messages or 64 MiB are for readers
/// that are faster than the network; one that takes minutes for a record only keeps them in memory.
std::map<std::string, std::string> prefetch(const ConsumerConfig& config, std::int32_t records_per_turn) {
  constexpr std::int64_t kMebibyte = 1 << 20U;
  const std::int64_t bytes =
      std::clamp(std::int64_t{8} * config.max_partition_fetch_bytes, 8 * kMebibyte, 64 * kMebibyte);
  return {{"queued.min.messages", std::to_string(std::clamp(records_per_turn * 100, 10'000, 100'000))},
          {"queued.max.messages.kbytes", std::to_string(bytes / 1024)}};
}

/// In order of precedence, the first the weakest.
admin::KafkaConf configuration(const ConsumerConfig& config, const Translation& translation,
                               const std::string& bootstrap, const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> all{{"topic.metadata.refresh.interval.ms", "30000"},
                                         {"log.connection.close", "false"},
                                         // Where a transaction's marker is the last of a log, only this tells its end.
                                         {"enable.partition.eof", "true"}};
  if (!config.service_name.empty()) all["client.id"] = config.service_name;
  all["group.id"] = config.consumer_group_id.empty() ? config.service_name : config.consumer_group_id;
  for (const auto& [name, value] : prefetch(config, translation.records_per_turn)) all[name] = value;
  for (const auto& [name, value] : translation.properties) all[name] = value;
  for (const auto& [name, value] : more) all[name] = value;
  // A record is done with when the next turn is asked for, not when it is handed out.
  all["enable.auto.offset.store"] = "false";
  admin::KafkaConf conf = admin::make_kafka_conf(bootstrap, {{"log_level", "5"}}, all);
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  return conf;
}

std::string property_of(rd_kafka_t* client, const char* name) {
  std::array<char, 512> value{};
  std::size_t size = value.size();
  if (rd_kafka_conf_get(rd_kafka_conf(client), name, value.data(), &size) != RD_KAFKA_CONF_OK) return "";
  return value.data();
}

std::vector<Position> positions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<Position> out;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    const auto& at = list->elems[i];
    out.push_back({at.topic, at.partition, at.offset < 0 ? -1 : at.offset});
  }
  return out;
}

KafkaPartitions list_of(const std::vector<Position>& positions) {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& at : positions) {
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = at.offset;
  }
  return list;
}

bool cooperative(rd_kafka_t* client) { return std::string_view(rd_kafka_rebalance_protocol(client)) == "COOPERATIVE"; }

/// Of an answer that librdkafka gives as an error object, or as nothing when all went well.
void report(const char* what, rd_kafka_error_t* raw) {
  const std::unique_ptr<rd_kafka_error_t, KafkaDeleter<rd_kafka_error_destroy>> error(raw);
  if (error) log::write(log::Level::warning, {}, what, fmt::format("{}: {}", what, rd_kafka_error_string(error.get())));
}

std::string text_of(const void* bytes, std::size_t size) { return {static_cast<const char*>(bytes), size}; }

Record record_of(const rd_kafka_message_t& message) {
  Record record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  if (message.key != nullptr) record.key = text_of(message.key, message.key_len);
  if (message.payload != nullptr) record.value = text_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.emplace_back(name, value == nullptr ? std::string() : text_of(value, size));
  }
  return record;
}

}  // namespace

Consumer::Impl::~Impl() {
  queue.reset();
  if (client != nullptr) admin::destroy_unjoined_consumer(client);  // close() has left the group, as far as it could
}

void Consumer::Impl::rebalance(rd_kafka_t* /*client*/, rd_kafka_resp_err_t what,
                               rd_kafka_topic_partition_list_t* partitions, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    impl.assigned(partitions);
  } else {
    impl.revoked(partitions);
  }
}

void Consumer::Impl::assigned(rd_kafka_topic_partition_list_t* partitions) {
  // librdkafka would look them up, too, but tell nobody.
  if (partitions->cnt > 0) static_cast<void>(rd_kafka_committed(client, partitions, kAssignMs));
  for (int i = 0; i < partitions->cnt; ++i) {
    auto& at = partitions->elems[i];
    if (at.err != RD_KAFKA_RESP_ERR_NO_ERROR || at.offset < 0) at.offset = RD_KAFKA_OFFSET_INVALID;
    at.err = RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (cooperative(client)) {
    report("cannot take the assigned partitions", rd_kafka_incremental_assign(client, partitions));
  } else {
    rd_kafka_assign(client, partitions);
  }
  positions.gain(positions_of(partitions));
}

void Consumer::Impl::revoked(rd_kafka_topic_partition_list_t* partitions) {
  positions.lose(positions_of(partitions));
  if (cooperative(client)) {
    report("cannot give the revoked partitions back", rd_kafka_incremental_unassign(client, partitions));
  } else {
    rd_kafka_assign(client, nullptr);
  }
  std::erase_if(turn, [&](const Record& record) { return !positions.owns(record.topic, record.partition); });
}

void Consumer::Impl::take(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    turn.push_back(record_of(message));
    positions.advance(turn.back().topic, message.partition, message.offset + 1);
  } else if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    positions.advance(rd_kafka_topic_name(message.rkt), message.partition, message.offset);
  } else {
    take_error(message);
  }
}

void Consumer::Impl::take_error(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) fail_for_good();
  const char* name = rd_kafka_err2name(message.err);
  // A connection's end has a line of librdkafka's own already.
  const auto level = message.err == RD_KAFKA_RESP_ERR__TRANSPORT ? log::Level::debug : log::Level::warning;
  const char* topic = message.rkt != nullptr ? rd_kafka_topic_name(message.rkt) : "";
  log::write(level, {.topic = topic}, name, fmt::format("Kafka: {}: {}", name, rd_kafka_message_errstr(&message)));
}

void Consumer::Impl::fail_for_good() const {
  std::array<char, 512> text{};
  rd_kafka_fatal_error(client, text.data(), text.size());
  throw std::runtime_error(fmt::format("the Kafka consumer of {} cannot go on: {}", config.service_name, text.data()));
}

void Consumer::Impl::store_turn() {
  std::vector<Position> done;
  for (const auto& [at, next] : turn_end) {
    if (positions.owns(at.first, at.second)) done.push_back({at.first, at.second, next});
  }
  turn_end.clear();
  // Fails for a partition that is being taken away at this moment: its new owner begins where we last committed.
  if (!done.empty()) static_cast<void>(rd_kafka_offsets_store(client, list_of(done).get()));
}

Consumer::Consumer(const ConsumerConfig& config, const std::vector<std::string>& topics,
                   const std::string& bootstrap_servers, const std::map<std::string, std::string>& more_properties)
    : impl_(std::make_unique<Impl>(config)) {
  const Translation translation = translate(config);
  for (const std::string& warning : translation.warnings)
    log::warn({}, "settings of {}: {}", config.service_name, warning);
  impl_->records_per_turn = translation.records_per_turn;
  admin::KafkaConf conf = configuration(config, translation, bootstrap_servers, more_properties);
  rd_kafka_conf_set_opaque(conf.get(), impl_.get());
  rd_kafka_conf_set_rebalance_cb(conf.get(), Impl::rebalance);
  impl_->client = admin::make_kafka_consumer(std::move(conf)).release();
  impl_->commits_by_itself = property_of(impl_->client, "enable.auto.commit") == "true";
  rd_kafka_poll_set_consumer(impl_->client);
  impl_->queue.reset(rd_kafka_queue_get_consumer(impl_->client));
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(impl_->client, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(fmt::format("{} cannot subscribe: {}", config.service_name, rd_kafka_err2str(error)));
  }
}

Consumer::~Consumer() {
  impl_->turn_end.clear();
  close();
}

std::vector<Record> Consumer::poll(std::chrono::milliseconds timeout) {
  Impl& impl = *impl_;
  if (impl.closed) return {};
  impl.store_turn();
  impl.turn.clear();
  const auto until = Steady::now() + timeout;
  while (impl.turn.size() < static_cast<std::size_t>(impl.records_per_turn)) {
    const int wait = impl.turn.empty() ? milliseconds_left(until) : 0;
    const Message message(rd_kafka_consumer_poll(impl.client, wait));
    if (message) {
      impl.take(*message);
    } else if (!impl.turn.empty() || milliseconds_left(until) == 0) {
      break;
    }
  }
  if (impl.commits_by_itself) {
    for (const Record& record : impl.turn) impl.turn_end[{record.topic, record.partition}] = record.offset + 1;
  }
  return std::exchange(impl.turn, {});
}

Assignment Consumer::take_assignment() { return impl_->positions.take_changes(); }

bool Consumer::commit(const std::vector<Position>& positions, std::chrono::milliseconds within) {
  if (positions.empty()) return true;
  if (impl_->closed) return false;
  const KafkaQueue answers(rd_kafka_queue_new(impl_->client));
  auto error = rd_kafka_commit_queue(impl_->client, list_of(positions).get(), answers.get(), nullptr, nullptr);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const KafkaEvent answer(rd_kafka_queue_poll(answers.get(), static_cast<int>(within.count())));
    error = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (rd_kafka_fatal_error(impl_->client, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) impl_->fail_for_good();
  log::warn({}, "{}: offsets were not committed: {}", impl_->config.service_name, rd_kafka_err2str(error));
  return false;
}

std::vector<std::pair<Position, std::int64_t>> Consumer::positions_and_ends() {
  std::vector<std::pair<Position, std::int64_t>> out;
  for (const auto& [at, known] : impl_->positions.all()) {
    std::int64_t first = 0;
    std::int64_t end = 0;
    if (rd_kafka_get_watermark_offsets(impl_->client, at.first.c_str(), at.second, &first, &end) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        end < 0) {
      continue;
    }
    // Before the first record a partition that nothing was ever committed of stands where the policy puts it.
    const std::int64_t begin = impl_->config.auto_offset_reset == "latest" ? end : std::max<std::int64_t>(first, 0);
    out.push_back({Position{at.first, at.second, known >= 0 ? known : begin}, end});
  }
  return out;
}

void Consumer::close(std::chrono::milliseconds within) {
  Impl& impl = *impl_;
  if (impl.closed || impl.client == nullptr) return;
  impl.closed = true;
  impl.store_turn();
  report("cannot leave the group", rd_kafka_consumer_close_queue(impl.client, impl.queue.get()));
  const auto until = Steady::now() + within;
  while (rd_kafka_consumer_closed(impl.client) == 0 && Steady::now() < until) {
    const Message passed(rd_kafka_consumer_poll(impl.client, std::min(milliseconds_left(until), 100)));
  }
  if (rd_kafka_consumer_closed(impl.client) == 0) {
    log::warn({}, "{} could not leave its group in time: its partitions wait for the session timeout",
              impl.config.service_name);
  }
}

const ConsumerConfig& Consumer::config() const { return impl_->config; }

void Consumer::set_records_per_turn(std::int32_t records) {
  impl_->config.max_poll_records = records;
  impl_->records_per_turn = translate(impl_->config).records_per_turn;
}

std::int32_t Consumer::records_per_turn() const { return impl_->records_per_turn; }

}  // namespace loom::kafka
