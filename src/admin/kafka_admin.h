#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct rd_kafka_s;

namespace loom::admin {

class KafkaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TopicPartitionOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

struct OffsetRangeOfLog {
  std::int64_t begin = 0;  ///< the first offset in the log
  std::int64_t end = 0;    ///< the one after the last
};

/// Questions and orders to the Kafka cluster that need no consumer.
/// Threads: one at a time.  Owns: a client.
/// Blocks:  each call up to `timeout`.  Fails: KafkaError that names the brokers.
class KafkaAdmin {
 public:
  KafkaAdmin(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
             std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~KafkaAdmin();
  KafkaAdmin(KafkaAdmin&&) noexcept;
  KafkaAdmin& operator=(KafkaAdmin&&) noexcept;

  /// True when it was created, false when it was there already (with whatever partitions). Returns when the brokers
  /// know it.
  bool create_topic(const std::string& topic, int partitions);

  /// How many partitions the topic has; nothing when there is no such topic.
  std::optional<int> partition_count(const std::string& topic);

  /// The leader of each partition of every topic that the cluster shows us, by partition; -1 where there is none now.
  /// Also takes leaders that have moved into the client's memory.
  std::map<std::string, std::vector<std::int32_t>> leaders();

  /// What the group has committed, of every partition that it committed anything for.
  std::vector<TopicPartitionOffset> committed(const std::string& group);

  /// The offset after each partition's last message; a partition that does not answer is left out.
  std::vector<TopicPartitionOffset> end_offsets(const std::vector<TopicPartitionOffset>& partitions);

  /// The logs' ranges, in the order of `partitions`; nothing where a partition does not answer.
  std::vector<std::optional<OffsetRangeOfLog>> ranges(const std::vector<TopicPartitionOffset>& partitions);

  /// The first offset of each partition whose message is not older than that; its end where all are.
  std::vector<TopicPartitionOffset> offsets_at(const std::vector<TopicPartitionOffset>& partitions,
                                               std::int64_t timestamp_ms);

  /// Who is in the group now: their client ids and hosts. Empty: nobody, or there is no such group.
  std::vector<std::string> members(const std::string& group);

  /// Commits these offsets for a group without members.
  void set_committed(const std::string& group, const std::vector<TopicPartitionOffset>& offsets);

  /// For GroupReader, which asks over the same connections: librdkafka's consumer, which has joined no group.
  [[nodiscard]] rd_kafka_s* client() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::admin
