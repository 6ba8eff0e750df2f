#include "source/group_client.h"

#include <fmt/ranges.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "source/client_config.h"
#include "source/client_log.h"
#include "source/leader_epoch.h"
#include "source/library_needs.h"
#include "source/log_bounds.h"
#include "source/partition_queue.h"
#include "source/refused_property.h"

namespace loom::source {

namespace {

ListHandle to_list(const std::vector<TopicOffset>& offsets) {
  ListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& at : offsets) {
    auto* position = rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition);
    position->offset = at.offset < 0 ? RD_KAFKA_OFFSET_INVALID : at.offset;
    set_leader_epoch(position, at.leader_epoch);
  }
  return list;
}

std::vector<TopicOffset> from_list(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicOffset> offsets;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    const auto& at = list->elems[i];
    offsets.push_back({.topic = at.topic, .partition = at.partition, .offset = at.offset < 0 ? -1 : at.offset});
  }
  return offsets;
}

/// `Subscribed topic not available: NAME: Broker: ...`: the event has the topic nowhere else.
std::string topic_in(std::string_view text) {
  constexpr std::string_view kBefore = "not available: ";
  const std::size_t at = text.find(kBefore);
  if (at == std::string_view::npos) return std::string(text);
  const std::string_view rest = text.substr(at + kBefore.size());
  return std::string(rest.substr(0, rest.find(':')));
}

std::map<std::string, std::string> shown_properties(const rd_kafka_t* client) {
  std::map<std::string, std::string> shown;
  for (const char* name :
       {"session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "fetch.wait.max.ms", "fetch.min.bytes",
        "fetch.max.bytes", "max.partition.fetch.bytes", "partition.assignment.strategy"}) {
    std::array<char, 512> value{};
    std::size_t size = value.size();
    if (rd_kafka_conf_get(rd_kafka_conf(const_cast<rd_kafka_t*>(client)), name, value.data(), &size) ==
        RD_KAFKA_CONF_OK) {
      shown[name] = value.data();
    }
  }
  return shown;
}

/// The whole commit's error; where only some partitions failed, the first of theirs.
rd_kafka_resp_err_t commit_error(rd_kafka_event_t* event) {
  auto error = rd_kafka_event_error(event);
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; list != nullptr && i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    error = list->elems[i].err;
  }
  return error;
}

/// Of a copy of the offsets: the next one comes after it.
bool comes_with_a_rebalance(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS || error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
}

/// Where Kafka's words alone help nobody.
const char* what_to_do(rd_kafka_resp_err_t error, std::string_view words) {
  if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION && library_needs().newer_for_scram &&
      words.find("SCRAM") != std::string_view::npos) {
    return ". If user and password are right: SCRAM with Kafka 4.0 and newer takes librdkafka 2.6.1 or newer "
           "(Debian 13 has it), and this one is older";
  }
  if (error != RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL) return "";
  return ". A member of this group assigns partitions in another way: it is another program, or its "
         "partition.assignment.strategy is an eager one, such as range, and ours is not. Stop it, give this service a "
         "group of its own (LOOM_KAFKA_GROUP_ID), or set LOOM_RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY to its strategy";
}

void report(const char* what, rd_kafka_error_t* raw) {
  const ErrorHandle error(raw);
  if (error != nullptr)
    log::write(log::Level::warning, {}, what, fmt::format("{}: {}", what, rd_kafka_error_string(error.get())));
}

}  // namespace

GroupClient::GroupClient(const ClientSettings& settings) {
  ConfHandle conf = make_configuration(settings);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT |
                                           RD_KAFKA_EVENT_STATS);
  log_to_ours(conf.get(), ClientRole::consumer);
  connections_.watch(conf.get());
  std::array<char, 512> error{};
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error.data(), error.size());
  if (client_ == nullptr) throw RefusedProperty("these properties together", error.data());
  (void)conf.release();  // the client owns it now
  rd_kafka_poll_set_consumer(client_);
  low_water_ = settings.low_water();
  knows_patterns_ = !uses_broker_protocol(settings.properties);
  properties_ = shown_properties(client_);
  if (library_needs().waking) waker_ = std::make_unique<FetchWaker>(client_);
  queue_.reset(rd_kafka_queue_get_consumer(client_));
}

GroupClient::~GroupClient() {
  waker_.reset();
  queue_.reset();
  rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void GroupClient::subscribe(const std::vector<std::string>& topics) {
  const ListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(client_, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(std::string("cannot subscribe: ") + rd_kafka_err2str(error));
  }
}

void GroupClient::unsubscribe() { rd_kafka_unsubscribe(client_); }

GroupEvent GroupClient::poll(std::chrono::milliseconds timeout) {
  const EventHandle event(rd_kafka_queue_poll(queue_.get(), static_cast<int>(timeout.count())));
  if (event != nullptr) return read(event.get());
  report_missing();
  return {};
}

/// A mapping may well name topics before anyone produces to them: one line, not one for each.
void GroupClient::report_missing() {
  if (missing_.empty()) return;
  log::warn({}, "{} of the subscribed topics do not exist (yet): {}", missing_.size(), fmt::join(missing_, ", "));
  missing_.clear();
}

GroupEvent GroupClient::read(const rd_kafka_event_t* event) {
  auto* raw = const_cast<rd_kafka_event_t*>(event);  // librdkafka's getters are not const
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
      if (rd_kafka_event_error(raw) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        return Assigned{from_list(rd_kafka_event_topic_partition_list(raw))};
      }
      return Revoked{.partitions = from_list(rd_kafka_event_topic_partition_list(raw)),
                     .lost = rd_kafka_assignment_lost(client_) != 0};
    case RD_KAFKA_EVENT_ERROR: {
      const auto error = rd_kafka_event_error(raw);
      if (error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(raw) != 0) {
        std::array<char, 512> text{};
        rd_kafka_fatal_error(client_, text.data(), text.size());
        return FatalError{text.data()};
      }
      if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        missing_.push_back(topic_in(rd_kafka_event_error_string(raw)));
        return {};
      }
      // A connection's end has a line of librdkafka's own already.
      const auto level = error == RD_KAFKA_RESP_ERR__TRANSPORT ? log::Level::debug : log::Level::warning;
      log::write(level, {}, rd_kafka_err2name(error),
                 fmt::format("Kafka: {}: {}{}", rd_kafka_err2name(error), rd_kafka_event_error_string(raw),
                             what_to_do(error, rd_kafka_event_error_string(raw))));
      return {};
    }
    case RD_KAFKA_EVENT_OFFSET_COMMIT: {
      const auto error = commit_error(raw);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        const auto level = comes_with_a_rebalance(error) ? log::Level::debug : log::Level::warning;
        log::write(level, {}, rd_kafka_err2name(error),
                   fmt::format("Kafka did not take the copy of the offsets (the database has them): {}",
                               rd_kafka_err2str(error)));
      }
      return {};
    }
    case RD_KAFKA_EVENT_STATS:
      keep_statistics(rd_kafka_event_stats(raw));
      return {};
    default:
      return {};
  }
}

void GroupClient::keep_statistics(const char* json) {
  auto parsed = parse_statistics(json == nullptr ? "" : json);
  if (!parsed) return;
  connections_.learn(parsed->brokers);
  const MutexLock lock(statistics_mutex_);
  statistics_ = std::move(parsed);
}

std::optional<ClientStatistics> GroupClient::statistics() const {
  const MutexLock lock(statistics_mutex_);
  return statistics_;
}

std::unique_ptr<PartitionSource> GroupClient::open(const std::string& topic, std::int32_t partition) {
  return std::make_unique<PartitionQueue>(client_, topic, partition, connections_, waker_.get(), low_water_);
}

bool GroupClient::cooperative() const { return std::strcmp(rd_kafka_rebalance_protocol(client_), "COOPERATIVE") == 0; }

void GroupClient::assign(const std::vector<TopicOffset>& partitions) {
  const ListHandle list = to_list(partitions);
  if (cooperative()) {
    report("cannot take the assigned partitions", rd_kafka_incremental_assign(client_, list.get()));
  } else {
    rd_kafka_assign(client_, list.get());
  }
}

void GroupClient::unassign(const std::vector<TopicOffset>& partitions) {
  if (cooperative()) {
    const ListHandle list = to_list(partitions);
    report("cannot give back the revoked partitions", rd_kafka_incremental_unassign(client_, list.get()));
  } else {
    rd_kafka_assign(client_, nullptr);
  }
}

std::optional<std::vector<TopicOffset>> GroupClient::committed(const std::vector<TopicOffset>& partitions,
                                                               std::chrono::milliseconds timeout) {
  const ListHandle list = to_list(partitions);
  if (rd_kafka_committed(client_, list.get(), static_cast<int>(timeout.count())) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  }
  return from_list(list.get());
}

std::optional<std::vector<TopicOffset>> GroupClient::log_bound(const std::vector<TopicOffset>& partitions, bool end,
                                                               std::chrono::milliseconds timeout) {
  std::vector<std::pair<std::string, std::int32_t>> asked;
  asked.reserve(partitions.size());
  for (const auto& at : partitions) asked.emplace_back(at.topic, at.partition);
  const auto bounds = ask_log_bounds(client_, asked, end ? LogBound::end : LogBound::begin, timeout);
  if (!bounds) return std::nullopt;
  std::vector<TopicOffset> found = partitions;
  for (std::size_t i = 0; i < found.size(); ++i) found[i].offset = (*bounds)[i];
  return found;
}

void GroupClient::mirror(const std::vector<TopicOffset>& offsets) {
  if (offsets.empty()) return;
  const ListHandle list = to_list(offsets);
  const auto error = rd_kafka_commit(client_, list.get(), /*async=*/1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    log::warn({}, "Kafka did not take the copy of the offsets (the database has them): {}", rd_kafka_err2str(error));
  }
}

void GroupClient::close() { report("cannot leave the group", rd_kafka_consumer_close_queue(client_, queue_.get())); }

bool GroupClient::closed() const { return rd_kafka_consumer_closed(client_) != 0; }

std::string GroupClient::member_id() const {
  char* raw = rd_kafka_memberid(client_);
  std::string id = raw == nullptr ? "" : raw;
  rd_kafka_mem_free(client_, raw);
  return id;
}

}  // namespace loom::source
