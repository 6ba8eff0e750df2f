// Fills a topic with messages of one shape, as fast as the broker takes them; benchmarks/capacity.sh starts it.
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include "admin/kafka_admin.h"
#include "admin/kafka_client.h"
#include "shaped_messages.h"

namespace loom::bench {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

struct FillOptions {
  std::string bootstrap_servers;
  std::string topic;
  std::uint64_t messages = 0;
  int partitions = 6;
  MessageShape shape;
};

struct Deliveries {
  std::uint64_t good = 0;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  auto& deliveries = *static_cast<Deliveries*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++deliveries.good;
  } else {
    deliveries.error = message->err;
  }
}

using TopicHandle = std::unique_ptr<rd_kafka_topic_t, admin::KafkaDeleter<rd_kafka_topic_destroy>>;

/// Threads: one.  Blocks: while the broker is behind; not longer than a minute without an acknowledgement.
/// Fails:   std::runtime_error.
class Filler {
 public:
  explicit Filler(const FillOptions& options) {
    admin::KafkaConf conf = admin::make_kafka_conf(options.bootstrap_servers,
                                                   {{"enable.idempotence", "true"},
                                                    {"compression.type", "lz4"},
                                                    {"linger.ms", "50"},
                                                    {"batch.size", "1048576"},
                                                    {"batch.num.messages", "20000"},
                                                    {"queue.buffering.max.messages", "500000"},
                                                    {"message.max.bytes", "33554432"}},
                                                   {});
    rd_kafka_conf_set_opaque(conf.get(), &deliveries_);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
    client_ = admin::make_kafka_producer(std::move(conf));
    topic_.reset(rd_kafka_topic_new(client_.get(), options.topic.c_str(), nullptr));
    if (!topic_) throw std::runtime_error("no such topic: " + options.topic);
  }

  void send(std::string& message, std::int32_t partition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY, message.data(), message.size(), nullptr, 0,
                            nullptr) != 0) {
      const rd_kafka_resp_err_t error = rd_kafka_last_error();
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || std::chrono::steady_clock::now() > deadline) fail(error);
      rd_kafka_poll(client_.get(), 50);
    }
    if (++sent_ % 1000 == 0) rd_kafka_poll(client_.get(), 0);
    if (deliveries_.error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(deliveries_.error);
  }

  void finish() {
    rd_kafka_flush(client_.get(), static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    if (deliveries_.good != sent_) fail(deliveries_.error);
  }

 private:
  [[noreturn]] void fail(rd_kafka_resp_err_t error) const {
    throw std::runtime_error(
        fmt::format("{} of {} messages arrived: {}", deliveries_.good, sent_, rd_kafka_err2str(error)));
  }

  Deliveries deliveries_;
  admin::KafkaClient client_;
  TopicHandle topic_;
  std::uint64_t sent_ = 0;
};

void fill(const FillOptions& options) {
  ShapedMessages messages(options.shape);
  admin::KafkaAdmin admin(options.bootstrap_servers, {});
  if (!admin.create_topic(options.topic, options.partitions)) throw std::runtime_error("the topic is there already");
  Filler filler(options);
  std::string message;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < options.messages; ++i) {
    // A multiple of the devices would leave partitions empty.
    const std::uint64_t key = messages.next(message) * 0x9E3779B97F4A7C15U >> 32U;
    bytes += message.size();
    filler.send(message, static_cast<std::int32_t>(key % static_cast<std::uint64_t>(options.partitions)));
  }
  filler.finish();
  fmt::print(R"({{"messages": {}, "bytes": {}, "row_bytes": {}, "different_keys": {}}})"
             "\n",
             options.messages, bytes, messages.row_bytes(), messages.different_keys());
}

}  // namespace
}  // namespace loom::bench

int main(int argc, char** argv) {
  CLI::App app("Fills a topic with messages of one shape. Start benchmarks/capacity.sh instead.");
  loom::bench::FillOptions options;
  loom::bench::MessageShape& shape = options.shape;
  app.add_option("--bootstrap-servers", options.bootstrap_servers, "Kafka")->required();
  app.add_option("--topic", options.topic, "A topic that is not there yet")->required();
  app.add_option("--messages", options.messages, "How many")->required()->check(CLI::PositiveNumber);
  app.add_option("--partitions", options.partitions, "Of the topic")->check(CLI::Range(1, 1000));
  app.add_option("--bytes", shape.bytes, "Of a message")->check(CLI::PositiveNumber);
  app.add_option("--columns", shape.columns, "Of a row")->check(CLI::PositiveNumber);
  app.add_option("--rows", shape.rows, "Of a message")->check(CLI::PositiveNumber);
  app.add_option("--repeats", shape.repeats, "Share of them with an earlier one's key")->check(CLI::Range(0.0, 0.99));
  app.add_option("--keys", shape.keys, "No more different keys than that");
  app.add_option("--seed", shape.seed, "The same seed gives the same messages");
  static const std::map<std::string, loom::bench::KeyOrder> kOrders{{"device", loom::bench::KeyOrder::device},
                                                                    {"number", loom::bench::KeyOrder::number},
                                                                    {"uuid", loom::bench::KeyOrder::uuid}};
  app.add_option("--key", shape.key, "device, number or uuid")->transform(CLI::CheckedTransformer(kOrders));
  CLI11_PARSE(app, argc, argv);
  try {
    loom::bench::fill(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
