#include "group_member.h"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/await.h"

namespace loom::testing {

namespace {

struct Destroy {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy>;

}  // namespace

struct GroupMember::Impl {
  rd_kafka_t* client = nullptr;
  std::atomic<bool> stop{false};
  std::thread thread;

  void poll() {
    while (!stop) {
      if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 50)) rd_kafka_message_destroy(message);
    }
  }
  [[nodiscard]] bool owns_something() const {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(client, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    return Partitions(raw)->cnt > 0;
  }
};

GroupMember::GroupMember(const std::string& bootstrap, const std::string& group, const std::string& topic)
    : impl_(std::make_unique<Impl>()) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair<const char*, const char*>{"bootstrap.servers", bootstrap.c_str()},
                                    {"group.id", group.c_str()},
                                    {"enable.auto.commit", "false"},
                                    {"session.timeout.ms", "6000"}}) {
    rd_kafka_conf_set(conf, name, value, nullptr, 0);
  }
  impl_->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  if (impl_->client == nullptr) throw std::runtime_error("no consumer");
  rd_kafka_poll_set_consumer(impl_->client);
  const Partitions topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(impl_->client, topics.get());
  impl_->thread = std::thread([this] { impl_->poll(); });
  if (!await(std::chrono::seconds(30), [&] { return impl_->owns_something(); })) {
    throw std::runtime_error("the member was given no partition of " + topic);
  }
}

GroupMember::~GroupMember() {
  impl_->stop = true;
  impl_->thread.join();
  rd_kafka_consumer_close(impl_->client);
  rd_kafka_destroy(impl_->client);
}

}  // namespace loom::testing
