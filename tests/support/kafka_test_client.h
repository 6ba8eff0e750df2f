#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/kafka_server.h"

namespace loom::testing {

/// A producer for messages that keep flowing. Idempotent: what is sent is in the log once and in order, also when the
/// broker is killed meanwhile.
/// Threads: one at a time.  Owns: the client.
/// Blocks:  send() while the client's queue is full; flush() up to 60 s.
/// Fails:   std::runtime_error, also from flush() for a message that was not delivered.
class TestProducer {
 public:
  /// `properties`: further ones of librdkafka's, or others than ours.
  explicit TestProducer(const std::string& bootstrap, const std::map<std::string, std::string>& properties = {});
  ~TestProducer();
  TestProducer(const TestProducer&) = delete;
  TestProducer& operator=(const TestProducer&) = delete;

  void send(const std::string& topic, const TestRecord& record);
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Commits a group's offsets in Kafka as a consumer of it would; `offsets` by partition from 0. The group must be
/// empty.
void commit_in_kafka(const std::string& bootstrap, const std::string& group, const std::string& topic,
                     const std::vector<std::int64_t>& offsets);

/// What the group has committed in Kafka, by partition from 0; -1 where nothing.
std::vector<std::int64_t> committed_in_kafka(const std::string& bootstrap, const std::string& group,
                                             const std::string& topic, std::int32_t partitions);

}  // namespace loom::testing
