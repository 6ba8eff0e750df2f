#include "support/kafka_server.h"

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace loom::testing {
namespace {

constexpr int kAnswerWithinMs = 20'000;
constexpr int kEndWithinMs = 3'000;
constexpr int kBrokers = 3;
constexpr int kTransactionPatienceMs = 20'000;

template <auto Destroy>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
using Handle = std::unique_ptr<rd_kafka_t, Deleter<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>>;
using Error = std::unique_ptr<rd_kafka_error_t, Deleter<rd_kafka_error_destroy>>;

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw std::runtime_error("Kafka in a test: " + what + ": " + why);
}

void check(rd_kafka_error_t* raw, const char* what) {
  const Error error(raw);
  if (error) fail(what, rd_kafka_error_string(error.get()));
}

void on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  auto& refused = *static_cast<rd_kafka_resp_err_t*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) refused = message->err;
}

Handle make_client(const std::string& bootstrap, const std::vector<std::pair<const char*, std::string>>& more,
                   rd_kafka_resp_err_t* refused) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> error{};
  const auto set = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
      fail(name, error.data());
    }
  };
  set("bootstrap.servers", bootstrap);
  set("enable.idempotence", "true");
  set("linger.ms", "5");
  set("log_level", "3");
  for (const auto& [name, value] : more) set(name, value);
  rd_kafka_conf_set_opaque(conf, refused);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  Handle client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size()));
  if (!client) fail("client", error.data());
  return client;
}

void send(rd_kafka_t* client, const std::string& topic, const TestRecord& record) {
  std::vector<rd_kafka_vu_t> fields;
  const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    fields.emplace_back();
    fields.back().vtype = type;
    return fields.back();
  };
  // librdkafka reads these through pointers that are not const, and writes to none of them.
  const auto bytes = [](const std::string& text) { return const_cast<char*>(text.data()); };
  add(RD_KAFKA_VTYPE_TOPIC).u.cstr = topic.c_str();
  add(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  if (record.timestamp_ms > 0) add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.timestamp_ms;
  if (!record.key.empty()) add(RD_KAFKA_VTYPE_KEY).u.mem = {bytes(record.key), record.key.size()};
  if (record.value) add(RD_KAFKA_VTYPE_VALUE).u.mem = {bytes(*record.value), record.value->size()};
  for (const auto& [name, value] : record.headers) {
    auto& header = add(RD_KAFKA_VTYPE_HEADER).u.header;
    header.name = name.c_str();
    header.val = value.data();
    header.size = static_cast<std::int64_t>(value.size());
  }
  while (rd_kafka_error_t* raw = rd_kafka_produceva(client, fields.data(), fields.size())) {
    const Error error(raw);
    if (rd_kafka_error_code(raw) != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(topic, rd_kafka_error_string(raw));
    rd_kafka_poll(client, 20);
  }
}

void flush(rd_kafka_t* client, const rd_kafka_resp_err_t& refused) {
  const auto error = rd_kafka_flush(client, kAnswerWithinMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail("flush", rd_kafka_err2str(error));
  if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) fail("a record was refused", rd_kafka_err2str(refused));
}

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Deleter<rd_kafka_metadata_destroy>>;

/// Of one topic; nullptr: nobody answers.
Metadata metadata_of(rd_kafka_t* client, const std::string& topic) {
  const std::unique_ptr<rd_kafka_topic_t, Deleter<rd_kafka_topic_destroy>> handle(
      rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 0, handle.get(), &raw, kAnswerWithinMs);
  return Metadata(error == RD_KAFKA_RESP_ERR_NO_ERROR ? raw : nullptr);
}

/// Those of a topic that have a leader; -1: nobody answers.
int partitions_known(rd_kafka_t* client, const std::string& topic) {
  const auto metadata = metadata_of(client, topic);
  if (metadata == nullptr) return -1;
  if (metadata->topic_cnt == 0 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  int with_leader = 0;
  for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
    if (metadata->topics[0].partitions[i].leader >= 0) ++with_leader;
  }
  return with_leader;
}

}  // namespace

struct KafkaServer::Client {
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  Handle handle;

  /// Ends of logs are asked for as they are: without transactions that are still open they would be those of a moment
  /// ago.
  explicit Client(const std::string& bootstrap)
      : handle(make_client(bootstrap, {{"isolation.level", "read_uncommitted"}}, &refused)) {}

  /// The answer to an admin request; fails on an error of the request itself.
  [[nodiscard]] static Event answer(const Queue& queue, const std::string& what) {
    Event event(rd_kafka_queue_poll(queue.get(), kAnswerWithinMs));
    if (!event) fail(what, "no answer");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail(what, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }
  static void check_topics(const rd_kafka_topic_result_t** results, std::size_t count, const std::string& what) {
    for (std::size_t i = 0; i < count; ++i) {
      if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(what, rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
      }
    }
  }
};

KafkaServer::KafkaServer(Kind kind) : processes_(kind == Kind::shareable) {}
KafkaServer::KafkaServer(const KafkaSettings& settings) : processes_(settings) {}
KafkaServer::KafkaServer(KafkaClusterSettings settings) : processes_(kBrokers), cluster_(std::move(settings)) {}
KafkaServer::~KafkaServer() = default;

KafkaServer& KafkaServer::shared() {
  static KafkaServer server(Kind::shareable);
  return server;
}

void KafkaServer::cut_log(const std::string& topic, std::int32_t partition, std::int64_t end) {
  client_.reset();  // its producer counts on what was acknowledged
  processes_.cut_log(topic, partition, end);
}

KafkaServer::Client& KafkaServer::client() {
  if (!client_) client_ = std::make_unique<Client>(bootstrap());
  return *client_;
}

void KafkaServer::create_topic(const std::string& topic, int partitions) { create_topics({topic}, partitions); }

void KafkaServer::create_topics(const std::vector<std::string>& topics, int partitions) {
  const std::string what = "create topic " + topics.front();
  std::array<char, 512> error{};
  std::vector<std::unique_ptr<rd_kafka_NewTopic_t, Deleter<rd_kafka_NewTopic_destroy>>> wanted;
  std::vector<rd_kafka_NewTopic_t*> list;
  for (const std::string& topic : topics) {
    wanted.emplace_back(rd_kafka_NewTopic_new(topic.c_str(), partitions, cluster_.copies, error.data(), error.size()));
    if (!wanted.back()) fail("create topic " + topic, error.data());
    for (const auto& [name, value] : cluster_.of_topics) {
      rd_kafka_NewTopic_set_config(wanted.back().get(), name.c_str(), value.c_str());
    }
    list.push_back(wanted.back().get());
  }
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  rd_kafka_CreateTopics(client().handle.get(), list.data(), list.size(), nullptr, queue.get());
  const Event event = Client::answer(queue, what);
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  Client::check_topics(results, count, what);
  // The broker takes them up in this order.
  await_partitions(topics.back(), partitions);
}

void KafkaServer::delete_topic(const std::string& topic) {
  const std::string what = "delete topic " + topic;
  const std::unique_ptr<rd_kafka_DeleteTopic_t, Deleter<rd_kafka_DeleteTopic_destroy>> wanted(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  rd_kafka_DeleteTopic_t* list = wanted.get();
  rd_kafka_DeleteTopics(client().handle.get(), &list, 1, nullptr, queue.get());
  const Event event = Client::answer(queue, what);
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  Client::check_topics(results, count, what);
  await_partitions(topic, 0);
}

void KafkaServer::grow_topic(const std::string& topic, int partitions) {
  const std::string what = "add partitions to topic " + topic;
  std::array<char, 512> error{};
  const std::unique_ptr<rd_kafka_NewPartitions_t, Deleter<rd_kafka_NewPartitions_destroy>> wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), error.data(), error.size()));
  if (!wanted) fail(what, error.data());
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  rd_kafka_NewPartitions_t* list = wanted.get();
  rd_kafka_CreatePartitions(client().handle.get(), &list, 1, nullptr, queue.get());
  const Event event = Client::answer(queue, what);
  std::size_t count = 0;
  const auto** results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  Client::check_topics(results, count, what);
  await_partitions(topic, partitions);
}

void KafkaServer::delete_records(const std::string& topic, std::int32_t partition, std::int64_t first) {
  const std::string what = "delete records of topic " + topic;
  const std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>> before(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(before.get(), topic.c_str(), partition)->offset = first;
  const std::unique_ptr<rd_kafka_DeleteRecords_t, Deleter<rd_kafka_DeleteRecords_destroy>> wanted(
      rd_kafka_DeleteRecords_new(before.get()));
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  rd_kafka_DeleteRecords_t* list = wanted.get();
  rd_kafka_DeleteRecords(client().handle.get(), &list, 1, nullptr, queue.get());
  const Event event = Client::answer(queue, what);
  const auto* done = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  if (done->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, rd_kafka_err2str(done->elems[0].err));
}

void KafkaServer::delete_group(const std::string& group) {
  const std::string what = "delete group " + group;
  const std::unique_ptr<rd_kafka_DeleteGroup_t, Deleter<rd_kafka_DeleteGroup_destroy>> wanted(
      rd_kafka_DeleteGroup_new(group.c_str()));
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  rd_kafka_DeleteGroup_t* list = wanted.get();
  rd_kafka_DeleteGroups(client().handle.get(), &list, 1, nullptr, queue.get());
  const Event event = Client::answer(queue, what);
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]);
    if (error != nullptr) fail(what, rd_kafka_error_string(error));
  }
}

std::string KafkaServer::new_topic(const std::string& prefix, int partitions) {
  std::string topic = unique_name(prefix);
  create_topic(topic, partitions);
  return topic;
}

void KafkaServer::await_partitions(const std::string& topic, int partitions) {
  std::istringstream addresses(bootstrap());
  std::string address;
  for (int broker = 1; std::getline(addresses, address, ','); ++broker) {
    if (brokers() > 1 && !runs(broker)) continue;
    // A client that has met no other one asks the broker it was told of.
    const Client asking(address);
    if (!eventually([&] { return partitions_known(asking.handle.get(), topic) == partitions; })) {
      fail(topic, "the broker at " + address + " does not show " + std::to_string(partitions) + " partitions");
    }
  }
}

void KafkaServer::produce(const std::string& topic, const std::vector<TestRecord>& records) {
  for (const TestRecord& record : records) send(client().handle.get(), topic, record);
  flush(client().handle.get(), client().refused);
}

void KafkaServer::produce_transaction(const std::string& topic, const std::vector<TestRecord>& records, bool commit) {
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  const Handle producer = make_client(bootstrap(), {{"transactional.id", unique_name("transaction")}}, &refused);
  check(rd_kafka_init_transactions(producer.get(), kTransactionPatienceMs), "init_transactions");
  check(rd_kafka_begin_transaction(producer.get()), "begin_transaction");
  for (const TestRecord& record : records) send(producer.get(), topic, record);
  flush(producer.get(), refused);
  if (commit) {
    check(rd_kafka_commit_transaction(producer.get(), kTransactionPatienceMs), "commit_transaction");
  } else {
    check(rd_kafka_abort_transaction(producer.get(), kTransactionPatienceMs), "abort_transaction");
  }
}

PartitionPlace KafkaServer::place_of(const std::string& topic, std::int32_t partition) {
  const auto metadata = metadata_of(client().handle.get(), topic);
  PartitionPlace place;
  if (metadata == nullptr || metadata->topic_cnt == 0) return place;
  for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& known = metadata->topics[0].partitions[i];
    if (known.id != partition) continue;
    place.leader = known.leader;
    place.replicas.assign(known.replicas, known.replicas + known.replica_cnt);
    place.in_sync.assign(known.isrs, known.isrs + known.isr_cnt);
  }
  return place;
}

std::int32_t KafkaServer::coordinator_of(const std::string& group) {
  const Queue queue(rd_kafka_queue_new(client().handle.get()));
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(client().handle.get(), &name, 1, nullptr, queue.get());
  const Event event = Client::answer(queue, "describe group " + group);
  std::size_t count = 0;
  const auto** groups =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  if (count == 0 || rd_kafka_ConsumerGroupDescription_error(groups[0]) != nullptr) return -1;
  const rd_kafka_Node_t* const node = rd_kafka_ConsumerGroupDescription_coordinator(groups[0]);
  return node == nullptr ? -1 : rd_kafka_Node_id(node);
}

std::int64_t KafkaServer::end_offset(const std::string& topic, std::int32_t partition) {
  const std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>> list(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const asked = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  eventually(
      [&] {
        asked->offset = RD_KAFKA_OFFSET_END;
        error = rd_kafka_offsets_for_times(client().handle.get(), list.get(), kEndWithinMs);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = asked->err;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
        client_.reset();  // it may go on asking a leader that is gone
        return false;
      },
      std::chrono::milliseconds(kAnswerWithinMs));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail("end offset of " + topic, rd_kafka_err2str(error));
  return asked->offset;
}

std::string unique_name(const std::string& prefix) {
  static std::atomic<int> counter{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return prefix + "-" + std::to_string(getpid()) + "-" + std::to_string(now % 1'000'000'000) + "-" +
         std::to_string(++counter);
}

void pause_between_looks() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

}  // namespace loom::testing
