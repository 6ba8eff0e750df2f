#include "support/topic_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <tuple>

#include "support/await.h"

namespace loom::testing {

namespace {

constexpr int kTimeoutMs = 10'000;

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy>;

Client make_consumer(const std::string& bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> error{};
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, std::string>>{{"bootstrap.servers", bootstrap},
                                                                  {"group.id", "topic-reader"},
                                                                  {"enable.auto.commit", "false"},
                                                                  {"auto.offset.reset", "earliest"},
                                                                  {"isolation.level", "read_committed"}}) {
    rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size());
  }
  Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size()));
  if (client == nullptr) throw std::runtime_error(error.data());
  rd_kafka_poll_set_consumer(client.get());
  return client;
}

/// All topics are asked for, since naming one may create it.
int partition_count(rd_kafka_t* client, const std::string& topic) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client, 1, nullptr, &raw, kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const std::unique_ptr<const rd_kafka_metadata_t, Destroy> metadata(raw);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (topic == metadata->topics[i].topic) return metadata->topics[i].partition_cnt;
  }
  return 0;
}

std::optional<std::string> bytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

ReadRecord record_of(const rd_kafka_message_t& message) {
  ReadRecord record{
      message.partition, message.offset, bytes(message.key, message.key_len), bytes(message.payload, message.len), {}};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.emplace_back(name, bytes(value, size).value_or(""));
  }
  return record;
}

}  // namespace

std::string ReadRecord::header(const std::string& name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; });
  return found == headers.end() ? "" : found->second;
}

std::vector<ReadRecord> read_topic(const std::string& bootstrap, const std::string& topic, std::size_t count,
                                   std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  const Client client = make_consumer(bootstrap);
  int partitions = 0;
  if (!await(within, [&] { return (partitions = partition_count(client.get(), topic)) > 0; })) return {};
  const Partitions list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client.get(), list.get());
  std::vector<ReadRecord> records;
  while (records.size() < count && std::chrono::steady_clock::now() < until) {
    const std::unique_ptr<rd_kafka_message_t, Destroy> message(rd_kafka_consumer_poll(client.get(), 100));
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) records.push_back(record_of(*message));
  }
  std::sort(records.begin(), records.end(), [](const ReadRecord& a, const ReadRecord& b) {
    return std::tie(a.partition, a.offset) < std::tie(b.partition, b.offset);
  });
  return records;
}

void create_topic_with(const std::string& bootstrap, const std::string& topic,
                       const std::vector<std::pair<std::string, std::string>>& configurations) {
  const Client client = make_consumer(bootstrap);
  std::array<char, 512> error{};
  const std::unique_ptr<rd_kafka_NewTopic_t, Destroy> made(
      rd_kafka_NewTopic_new(topic.c_str(), 1, -1, error.data(), error.size()));
  for (const auto& [name, value] : configurations) {
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  }
  const std::unique_ptr<rd_kafka_queue_t, Destroy> queue(rd_kafka_queue_new(client.get()));
  rd_kafka_NewTopic_t* topics = made.get();
  rd_kafka_CreateTopics(client.get(), &topics, 1, nullptr, queue.get());
  const std::unique_ptr<rd_kafka_event_t, Destroy> event(rd_kafka_queue_poll(queue.get(), kTimeoutMs));
  const auto known = [&] { return partition_count(client.get(), topic) > 0; };
  if (event == nullptr || !await(std::chrono::milliseconds(kTimeoutMs), known)) {
    throw std::runtime_error("topic " + topic + " was not created");
  }
}

bool topic_exists(const std::string& bootstrap, const std::string& topic) {
  const Client client = make_consumer(bootstrap);
  return partition_count(client.get(), topic) > 0;
}

}  // namespace loom::testing
