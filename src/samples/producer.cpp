#include "samples/producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <thread>

#include "admin/kafka_admin.h"
#include "admin/kafka_client.h"
#include "base/plural.h"
#include "text/progress_bar.h"

namespace loom::samples {
namespace {

using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);

struct Deliveries {
  std::uint64_t good = 0;
  std::uint64_t failed = 0;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  auto& deliveries = *static_cast<Deliveries*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++deliveries.good;
  } else {
    ++deliveries.failed;
    deliveries.error = message->err;
  }
}

/// Spreads messages over partitions in the given proportion, evenly mixed: the one that lags its share most is next.
class Spread {
 public:
  explicit Spread(const std::vector<unsigned>& shares) : shares_(shares), credit_(shares.size(), 0) {
    total_ = std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
  }
  std::int32_t next() {
    if (shares_.empty()) return RD_KAFKA_PARTITION_UA;
    for (std::size_t i = 0; i < shares_.size(); ++i) credit_[i] += shares_[i];
    const auto most = std::max_element(credit_.begin(), credit_.end());
    *most -= total_;
    return static_cast<std::int32_t>(most - credit_.begin());
  }

 private:
  std::vector<unsigned> shares_;
  std::vector<std::int64_t> credit_;
  std::int64_t total_ = 0;
};

/// An idempotent producer tuned for throughput. Owns: the client; its destructor does not wait for deliveries.
class Producer {
 public:
  explicit Producer(const ProduceOptions& options) : topic_(options.topic) {
    admin::KafkaConf conf = admin::make_kafka_conf(options.bootstrap_servers,
                                                   {{"enable.idempotence", "true"},
                                                    {"compression.type", "lz4"},
                                                    {"linger.ms", "50"},
                                                    {"batch.size", "1048576"},
                                                    {"batch.num.messages", "20000"},
                                                    {"queue.buffering.max.messages", "300000"},
                                                    {"message.max.bytes", "33554432"},
                                                    {"partitioner", "murmur2_random"}},
                                                   options.rdkafka);
    rd_kafka_conf_set_opaque(conf.get(), &deliveries_);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
    client_ = admin::make_kafka_producer(std::move(conf));
  }

  void send(SampleMessage& message, std::int32_t partition) {
    fill(message, partition);
    const auto deadline = steady_clock::now() + kPatience;
    while (rd_kafka_error_t* raw = rd_kafka_produceva(client_.get(), fields_.data(), fields_.size())) {
      const std::unique_ptr<rd_kafka_error_t, admin::KafkaDeleter<rd_kafka_error_destroy>> error(raw);
      const bool full = rd_kafka_error_code(raw) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
      if (!full || steady_clock::now() > deadline) {
        throw admin::KafkaError("cannot send to topic " + topic_ + ": " + rd_kafka_error_string(raw));
      }
      rd_kafka_poll(client_.get(), 50);
      check();
    }
  }

  void poll(std::chrono::milliseconds wait) {
    rd_kafka_poll(client_.get(), static_cast<int>(wait.count()));
    check();
  }

  /// Waits until all is acknowledged; gives up when for a while nothing is.
  void flush() {
    auto last = steady_clock::now();
    std::uint64_t before = deliveries_.good;
    while (rd_kafka_outq_len(client_.get()) > 0) {
      rd_kafka_flush(client_.get(), 200);
      check();
      if (deliveries_.good != before) {
        before = deliveries_.good;
        last = steady_clock::now();
      } else if (steady_clock::now() - last > kPatience) {
        throw admin::KafkaError("topic " + topic_ + ": no acknowledgement from Kafka for a minute");
      }
    }
  }

  [[nodiscard]] std::uint64_t acknowledged() const { return deliveries_.good; }

 private:
  void check() const {
    if (deliveries_.failed == 0) return;
    throw admin::KafkaError(fmt::format("topic {}: Kafka refused {}: {}", topic_, plural(deliveries_.failed, "message"),
                                        rd_kafka_err2str(deliveries_.error)));
  }

  void fill(SampleMessage& message, std::int32_t partition) {
    fields_.clear();
    add(RD_KAFKA_VTYPE_TOPIC).u.cstr = topic_.c_str();
    add(RD_KAFKA_VTYPE_PARTITION).u.i32 = partition;
    add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
    add(RD_KAFKA_VTYPE_KEY).u.mem = {message.key.data(), message.key.size()};
    // An empty value is not a null one: librdkafka tells them apart by the pointer.
    if (message.has_value) add(RD_KAFKA_VTYPE_VALUE).u.mem = {message.value.data(), message.value.size()};
    for (auto& [name, value] : message.headers) {
      auto& header = add(RD_KAFKA_VTYPE_HEADER).u.header;
      header.name = name.c_str();
      header.val = value.data();
      header.size = static_cast<std::int64_t>(value.size());
    }
  }

  rd_kafka_vu_t& add(rd_kafka_vtype_t type) {
    fields_.emplace_back();
    fields_.back().vtype = type;
    return fields_.back();
  }

  std::string topic_;
  Deliveries deliveries_;  // outlives the client, whose callback writes to it
  std::vector<rd_kafka_vu_t> fields_;
  admin::KafkaClient client_;
};

void count(const SampleMessage& message, ProduceReport& report) {
  report.bytes += message.key.size() + message.value.size();
  report.rows += message.rows;
  report.child_rows += message.child_rows;
  if (message.expected) ++report.bad[*message.expected];
}

/// Sleeps in the producer's poll until message number `index` is due.
void keep_rate(Producer& producer, double rate, std::uint64_t index, steady_clock::time_point started) {
  const auto due = started + std::chrono::duration_cast<steady_clock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(index) / rate));
  for (auto now = steady_clock::now(); now < due; now = steady_clock::now()) {
    producer.poll(std::chrono::ceil<std::chrono::milliseconds>(due - now));
  }
}

}  // namespace

ProduceReport produce_samples(SampleGenerator& generator, const ProduceOptions& options) {
  ProduceReport report;
  {
    admin::KafkaAdmin admin(options.bootstrap_servers, options.rdkafka);
    const auto existing = admin.partition_count(options.topic);
    const int wanted = std::max(options.partitions, static_cast<int>(options.shares.size()));
    if (!existing) report.topic_created = admin.create_topic(options.topic, wanted);
    if (existing && *existing < static_cast<int>(options.shares.size())) {
      throw admin::KafkaError(fmt::format("topic {} has {}, but {} shares were given", options.topic,
                                          plural(*existing, "partition"), options.shares.size()));
    }
  }
  Producer producer(options);
  Spread spread(options.shares);
  text::ProgressBar bar(options.progress, options.topic, options.count);
  const auto started = steady_clock::now();
  SampleMessage message;
  for (std::uint64_t i = 0; i < options.count; ++i) {
    if (options.stop != nullptr && options.stop->load()) break;
    if (options.rate > 0) keep_rate(producer, options.rate, i, started);
    generator.next(message);
    if (options.on_send) options.on_send(i);
    producer.send(message, spread.next());
    count(message, report);
    if (i % 1024 == 0 || options.rate > 0) {
      producer.poll(std::chrono::milliseconds(0));
      bar.update(producer.acknowledged());
    }
  }
  producer.flush();
  report.sent = producer.acknowledged();
  bar.update(report.sent);
  report.seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
  return report;
}

std::string render(const ProduceReport& report, const std::string& topic) {
  std::uint64_t bad = 0;
  for (const auto& [reason, count] : report.bad) bad += count;
  std::string out = fmt::format("{} to {} in {:.1f} s ({:.0f}/s, {:.1f} MB)", plural(report.sent, "message"), topic,
                                report.seconds, static_cast<double>(report.sent) / std::max(report.seconds, 0.001),
                                static_cast<double>(report.bytes) / 1e6);
  out += fmt::format(": {} good, {} bad\n", report.sent - bad, bad);
  for (const auto& [reason, count] : report.bad) out += fmt::format("  {:<24} {:>8}\n", to_string(reason), count);
  return out;
}

}  // namespace loom::samples
