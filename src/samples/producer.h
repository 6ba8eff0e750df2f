#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/reject.h"
#include "samples/messages.h"

namespace loom::samples {

struct ProduceOptions {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;  ///< the user's librdkafka properties
  std::string topic;
  std::uint64_t count = 1000;
  double rate = 0;                ///< messages a second; 0: as fast as Kafka takes them
  int partitions = 6;             ///< for a topic that has to be created
  std::vector<unsigned> shares;   ///< how the messages spread over the partitions, `{3, 1}` is 3 : 1; empty: by key
  std::FILE* progress = nullptr;  ///< where the progress bar goes; nullptr: nowhere
  std::function<void(std::uint64_t)> on_send;  ///< hears the number of each message right before it is sent
  const std::atomic<bool>* stop = nullptr;     ///< becomes true: stop early, with what was sent delivered
};

struct ProduceReport {
  bool topic_created = false;
  std::uint64_t sent = 0;  ///< acknowledged by the brokers
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;  ///< that the good ones become in the topic's own table
  std::uint64_t child_rows = 0;
  std::map<RejectReason, std::uint64_t> bad;  ///< by the reason that each must be refused for
  double seconds = 0;
};

/// Sends `count` messages, creating the topic when it is missing.
/// Blocks:  until all are acknowledged, or for 60 s without an acknowledgement.
/// Fails:   KafkaError; messages acknowledged before stay.
ProduceReport produce_samples(SampleGenerator& generator, const ProduceOptions& options);

/// Some lines for a person.
std::string render(const ProduceReport& report, const std::string& topic);

}  // namespace loom::samples
