#include "backlog.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "control/kafka_admin.h"
#include "control/progress_bar.h"
#include "control/sample_messages.h"
#include "control/sample_producer.h"
#include "mapping/loader.h"

namespace loom::bench {
namespace {

constexpr std::size_t kMessagesAtOnce = 5000;
constexpr int kSilenceMs = 30'000;
// Long enough apart that one device's rows do not come in runs.
constexpr std::uint32_t kDevices = 50;

template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<&rd_kafka_topic_partition_list_destroy>>;
using Fetched = std::unique_ptr<rd_kafka_message_t, Destroyer<&rd_kafka_message_destroy>>;

Client make_consumer(const Options& options) {
  std::array<char, 512> error{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::vector<std::pair<const char*, std::string>> properties{{"bootstrap.servers", options.bootstrap_servers},
                                                                    {"group.id", "drain-benchmark-reader"},
                                                                    {"enable.auto.commit", "false"},
                                                                    {"auto.offset.reset", "error"}};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw std::runtime_error(error.data());
    }
  }
  Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size()));
  if (!client) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error.data());
  }
  rd_kafka_poll_set_consumer(client.get());
  const Partitions all(rd_kafka_topic_partition_list_new(static_cast<int>(options.shares.size())));
  for (std::size_t i = 0; i < options.shares.size(); ++i) {
    rd_kafka_topic_partition_list_add(all.get(), kTopic, static_cast<std::int32_t>(i))->offset = 0;
  }
  if (const auto code = rd_kafka_assign(client.get(), all.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(rd_kafka_err2str(code));
  }
  return client;
}

Message as_message(const rd_kafka_message_t& fetched) {
  Message message;
  message.value = {static_cast<const char*>(fetched.payload), fetched.len};
  message.has_value = fetched.payload != nullptr;
  message.key = {static_cast<const char*>(fetched.key), fetched.key_len};
  message.has_key = fetched.key != nullptr;
  message.offset = fetched.offset;
  message.partition = fetched.partition;
  message.timestamp_ms = rd_kafka_message_timestamp(&fetched, nullptr);
  return message;
}

std::uint64_t messages_in_topic(control::KafkaAdmin& admin, std::size_t partitions) {
  std::uint64_t messages = 0;
  for (std::size_t i = 0; i < partitions; ++i) {
    const auto range = admin.range_of_log(kTopic, static_cast<std::int32_t>(i));
    if (range) messages += static_cast<std::uint64_t>(range->end - range->begin);
  }
  return messages;
}

}  // namespace

void produce_backlog(const Options& options) {
  control::KafkaAdmin admin(options.bootstrap_servers, {});
  if (admin.partition_count(kTopic)) {
    const std::uint64_t there = messages_in_topic(admin, options.shares.size());
    if (there == options.messages) return;
    throw std::runtime_error(
        fmt::format("topic {} holds {} messages already, not {}", kTopic, there, options.messages));
  }
  const mapping::LoadResult mapping = mapping::load_mapping_file(options.mapping);
  if (!mapping.file) throw std::runtime_error("cannot load " + options.mapping);
  control::SampleGenerator generator(mapping.file->topics.at(0), {.devices = kDevices});
  control::ProduceOptions produce;
  produce.bootstrap_servers = options.bootstrap_servers;
  produce.topic = kTopic;
  produce.count = options.messages;
  produce.shares = options.shares;
  produce.progress = stderr;
  fmt::print(stderr, "{}", render(control::produce_samples(generator, produce), kTopic));
}

std::uint64_t read_backlog(const Options& options, const std::function<void(const std::vector<Message>&)>& take) {
  const Client client = make_consumer(options);
  control::ProgressBar bar(stderr, "reading and encoding", options.messages);
  std::vector<Fetched> held;
  std::vector<Message> messages;
  std::uint64_t taken = 0;
  std::uint64_t bytes = 0;
  while (taken < options.messages) {
    Fetched fetched(rd_kafka_consumer_poll(client.get(), kSilenceMs));
    if (!fetched) throw std::runtime_error("Kafka has sent nothing for 30 s");
    if (fetched->err != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_message_errstr(fetched.get()));
    bytes += fetched->len;
    messages.push_back(as_message(*fetched));
    held.push_back(std::move(fetched));
    ++taken;
    if (messages.size() < kMessagesAtOnce && taken < options.messages) continue;
    take(messages);
    messages.clear();
    held.clear();
    bar.update(taken);
  }
  rd_kafka_consumer_close(client.get());
  return bytes;
}

}  // namespace loom::bench
