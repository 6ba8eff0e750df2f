#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "loom/kafka/consumer.h"
#include "support/kafka_server.h"

namespace loom::kafka {

/// A story about consumers of one group and one topic on a real broker.
class ConsumerTest : public ::testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;
  using Values = std::multiset<std::string>;

  explicit ConsumerTest(int partitions = 2) : topic(kafka.new_topic("consumer", partitions)), partitions_(partitions) {
    config = default_config(loom::testing::unique_name("a-service"));
    config.enable_auto_commit = false;
    config.fetch_max_wait_ms = 50;
    config.request_timeout_ms = 30'000;
    config.heartbeat_interval_ms = 500;  // members hear of a rebalance by it
  }

  [[nodiscard]] std::unique_ptr<Consumer> join(const ConsumerConfig& with,
                                               const std::map<std::string, std::string>& more = {}) const {
    return std::make_unique<Consumer>(with, std::vector<std::string>{topic}, kafka.bootstrap(), more);
  }
  [[nodiscard]] std::unique_ptr<Consumer> join() const { return join(config); }

  /// Values `from` to `to`, over the partitions in turns.
  void send(int from, int to) {
    std::vector<loom::testing::TestRecord> records;
    records.reserve(static_cast<std::size_t>(to - from));
    for (int i = from; i < to; ++i) {
      records.push_back({.value = std::to_string(i), .key = "", .partition = i % partitions_, .headers = {}});
    }
    kafka.produce(topic, records);
  }
  static Values expected(int from, int to) {
    Values values;
    for (int i = from; i < to; ++i) values.insert(std::to_string(i));
    return values;
  }

  /// Polls until there are so many records, or the patience is over.
  static std::vector<Record> take(Consumer& consumer, std::size_t count, seconds patience = seconds(30)) {
    std::vector<Record> all;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (all.size() < count && std::chrono::steady_clock::now() < until) {
      for (Record& record : consumer.poll(milliseconds(200))) all.push_back(std::move(record));
    }
    return all;
  }
  static Values values_of(const std::vector<Record>& records) {
    Values values;
    for (const Record& record : records) values.insert(record.value.value_or("none"));
    return values;
  }
  /// Behind the last of these records in each partition.
  static std::vector<Position> behind(const std::vector<Record>& records) {
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> next;
    for (const Record& record : records) next[{record.topic, record.partition}] = record.offset + 1;
    std::vector<Position> positions;
    positions.reserve(next.size());
    for (const auto& [at, offset] : next) positions.push_back({at.first, at.second, offset});
    return positions;
  }
  /// Polls until the consumer owns partitions; how many it gained.
  static std::vector<Position> await_assignment(Consumer& consumer, seconds patience = seconds(30)) {
    std::vector<Position> gained;
    loom::testing::eventually(
        [&] {
          consumer.poll(milliseconds(50));
          gained = consumer.take_assignment().gained;
          return !gained.empty();
        },
        patience);
    return gained;
  }

  loom::testing::KafkaServer& kafka = loom::testing::KafkaServer::shared();
  std::string topic;
  ConsumerConfig config;

 private:
  int partitions_;
};

}  // namespace loom::kafka
