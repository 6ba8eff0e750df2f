#include "backlog.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "admin/kafka_admin.h"
#include "mapping/loader.h"
#include "samples/messages.h"
#include "samples/producer.h"
#include "schemas.h"
#include "text/progress_bar.h"

namespace loom::bench {
namespace {

constexpr std::size_t kMessagesAtOnce = 5000;
constexpr int kSilenceMs = 30'000;
// Long enough apart that one device's rows do not come in runs.
constexpr std::uint32_t kDevices = 50;

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Fetched = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

rd_kafka_t* make_client(const Options& options) {
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
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size());
  if (client == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error.data());
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

std::uint64_t messages_in_topic(admin::KafkaAdmin& admin, const std::string& topic, std::size_t partitions) {
  std::vector<admin::TopicPartitionOffset> all;
  all.reserve(partitions);
  for (std::size_t i = 0; i < partitions; ++i) all.push_back({topic, static_cast<std::int32_t>(i), -1});
  std::uint64_t messages = 0;
  for (const auto& range : admin.ranges(all)) {
    if (range) messages += static_cast<std::uint64_t>(range->end - range->begin);
  }
  return messages;
}

}  // namespace

void BacklogConsumer::Destroy::operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }

BacklogConsumer::BacklogConsumer(const Options& options, const std::vector<Target>& targets)
    : client_(make_client(options)) {
  rd_kafka_poll_set_consumer(client_.get());
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(8);
  for (const Target& target : targets) {
    for (std::size_t i = 0; i < options.shares.size(); ++i) {
      rd_kafka_topic_partition_list_add(all, target.topic.c_str(), static_cast<std::int32_t>(i))->offset = 0;
    }
  }
  const auto code = rd_kafka_assign(client_.get(), all);
  rd_kafka_topic_partition_list_destroy(all);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

void produce_backlog(const Options& options) {
  admin::KafkaAdmin admin(options.bootstrap_servers, {});
  const mapping::LoadResult mapping = mapping::load_mapping_file(options.mapping);
  if (!mapping.file) throw std::runtime_error("cannot load " + options.mapping);
  for (std::size_t i = 0; i < options.targets.size(); ++i) {
    const std::string& topic = options.targets[i].topic;
    if (admin.partition_count(topic)) {
      const std::uint64_t there = messages_in_topic(admin, topic, options.shares.size());
      if (there == options.messages_each()) continue;
      throw std::runtime_error(
          fmt::format("topic {} holds {} messages already, not {}", topic, there, options.messages_each()));
    }
    samples::SampleGenerator generator(mapping.file->topics.at(i), {.bad_ratio = options.bad_ratio,
                                                                    .repeat_ratio = options.duplicates,
                                                                    .repeat_within = options.repeat_within,
                                                                    .devices = kDevices,
                                                                    .encoder = options.schemas->encoder(i)});
    samples::ProduceOptions produce;
    produce.bootstrap_servers = options.bootstrap_servers;
    produce.topic = topic;
    produce.count = options.messages_each();
    produce.partitions = static_cast<int>(options.shares.size());
    if (!options.by_key) produce.shares = options.shares;
    produce.progress = stderr;
    fmt::print(stderr, "{}", render(samples::produce_samples(generator, produce), topic));
  }
}

std::uint64_t read_backlog(const Options& options, std::size_t target,
                           const std::function<void(const std::vector<Message>&)>& take) {
  const BacklogConsumer consumer(options, {options.targets[target]});
  text::ProgressBar bar(stderr, "reading and encoding", options.messages_each());
  std::vector<Fetched> held;
  std::vector<Message> messages;
  std::uint64_t taken = 0;
  std::uint64_t bytes = 0;
  while (taken < options.messages_each()) {
    Fetched fetched(rd_kafka_consumer_poll(consumer.client(), kSilenceMs));
    if (!fetched) throw std::runtime_error("Kafka has sent nothing for 30 s");
    if (fetched->err != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_message_errstr(fetched.get()));
    bytes += fetched->len;
    messages.push_back(as_message(*fetched));
    held.push_back(std::move(fetched));
    ++taken;
    if (messages.size() < kMessagesAtOnce && taken < options.messages_each()) continue;
    take(messages);
    messages.clear();
    held.clear();
    bar.update(taken);
  }
  rd_kafka_consumer_close(consumer.client());
  return bytes;
}

}  // namespace loom::bench
