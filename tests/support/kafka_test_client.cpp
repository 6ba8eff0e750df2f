#include "support/kafka_test_client.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <map>
#include <stdexcept>

#include "support/await.h"

namespace loom::testing {

namespace {

constexpr int kTimeoutMs = 60'000;

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy>;

Client make_client(rd_kafka_type_t type, const std::map<std::string, std::string>& properties,
                   void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*), void* opaque) {
  std::array<char, 512> error{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw std::runtime_error(error.data());
    }
  }
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_conf_set_opaque(conf, opaque);
  Client client(rd_kafka_new(type, conf, error.data(), error.size()));
  if (client == nullptr) throw std::runtime_error(error.data());
  return client;
}

void require(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(what + ": " + rd_kafka_err2str(error));
}

/// A group's coordinator may be another broker's, or none's yet, while the offsets topic is made; that passes by
/// itself.
template <typename Ask>
void ask_coordinator(const std::string& what, const Ask& ask) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  await(std::chrono::milliseconds(kTimeoutMs), [&] {
    error = ask();
    return error != RD_KAFKA_RESP_ERR_NOT_COORDINATOR && error != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE &&
           error != RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
  });
  require(error, what);
}

Partitions all_of(const std::string& topic, std::int32_t partitions) {
  Partitions list(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
  return list;
}

Client consumer_of(const std::string& bootstrap, const std::string& group) {
  return make_client(RD_KAFKA_CONSUMER,
                     {{"bootstrap.servers", bootstrap}, {"group.id", group}, {"enable.auto.commit", "false"}}, nullptr,
                     nullptr);
}

}  // namespace

struct TestProducer::Impl {
  int failed = 0;
  std::string first_failure;
  Client client;  // last, so that what it still calls on its way out is there

  static void delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<Impl*>(opaque);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (self->failed++ == 0) self->first_failure = rd_kafka_err2str(message->err);
  }
};

TestProducer::TestProducer(const std::string& bootstrap, const std::map<std::string, std::string>& properties)
    : impl_(std::make_unique<Impl>()) {
  std::map<std::string, std::string> all{{"bootstrap.servers", bootstrap},
                                         {"enable.idempotence", "true"},
                                         {"linger.ms", "5"},
                                         {"log_level", "3"},
                                         {"compression.type", "lz4"}};
  for (const auto& [name, value] : properties) all[name] = value;
  impl_->client = make_client(RD_KAFKA_PRODUCER, all, Impl::delivered, impl_.get());
}

TestProducer::~TestProducer() = default;

void TestProducer::send(const std::string& topic, const TestRecord& record) {
  rd_kafka_t* client = impl_->client.get();
  std::vector<rd_kafka_vu_t> fields;
  const auto add = [&fields](rd_kafka_vtype_t type) -> auto& {
    fields.emplace_back();
    fields.back().vtype = type;
    return fields.back().u;
  };
  // librdkafka does not write to what RD_KAFKA_MSG_F_COPY copies.
  const auto bytes = [](const std::string& text) { return const_cast<char*>(text.data()); };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
  add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  if (record.timestamp_ms > 0) add(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
  if (!record.key.empty()) add(RD_KAFKA_VTYPE_KEY).mem = {bytes(record.key), record.key.size()};
  if (record.value) add(RD_KAFKA_VTYPE_VALUE).mem = {bytes(*record.value), record.value->size()};
  for (const auto& [name, value] : record.headers) {
    add(RD_KAFKA_VTYPE_HEADER).header = {name.c_str(), value.data(), static_cast<ssize_t>(value.size())};
  }
  while (rd_kafka_error_t* raw = rd_kafka_produceva(client, fields.data(), fields.size())) {
    const std::unique_ptr<rd_kafka_error_t, Destroy> error(raw);
    if (rd_kafka_error_code(raw) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      throw std::runtime_error("cannot produce to " + topic + ": " + rd_kafka_error_string(raw));
    }
    rd_kafka_poll(client, 100);
  }
  rd_kafka_poll(client, 0);
}

void TestProducer::flush() {
  constexpr int kFlushWithinMs = 120'000;  // thousands of topics beside other tests
  require(rd_kafka_flush(impl_->client.get(), kFlushWithinMs), "cannot flush");
  if (impl_->failed > 0) {
    throw std::runtime_error(std::to_string(impl_->failed) + " messages not delivered: " + impl_->first_failure);
  }
}

void commit_in_kafka(const std::string& bootstrap, const std::string& group, const std::string& topic,
                     const std::vector<std::int64_t>& offsets) {
  const Client client = consumer_of(bootstrap, group);
  const Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] < 0) continue;
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(i))->offset = offsets[i];
  }
  ask_coordinator("cannot commit offsets", [&] { return rd_kafka_commit(client.get(), list.get(), 0); });
}

std::vector<std::int64_t> committed_in_kafka(const std::string& bootstrap, const std::string& group,
                                             const std::string& topic, std::int32_t partitions) {
  const Client client = consumer_of(bootstrap, group);
  const Partitions list = all_of(topic, partitions);
  ask_coordinator("cannot read committed offsets",
                  [&] { return rd_kafka_committed(client.get(), list.get(), kTimeoutMs); });
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(list->cnt));
  for (int i = 0; i < list->cnt; ++i) offsets.push_back(list->elems[i].offset < 0 ? -1 : list->elems[i].offset);
  return offsets;
}

}  // namespace loom::testing
