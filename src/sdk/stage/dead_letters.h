#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "admin/kafka_admin.h"
#include "sdk/stage/turn.h"

namespace loom::kafka::stage {

/// A record as the dead letter that goes to `topic`: with its key, value and headers, and behind those the headers that
/// say where it came from and why it is there (the same names as the consumer service's).
/// Pure.
Output dead_letter_of(const Record& record, const std::string& topic, const std::string& group, std::string_view reason,
                      std::string_view message);
/// What can still be told of a record that is too large for the dead-letter topic: where it is.
/// Pure.
Output bare_dead_letter_of(const Output& dead_letter, const std::string& why);
bool is_bare(const Output& output);

/// The dead-letter topics' existence: made when first needed, with as many partitions as the origin has.
/// Threads: one at a time.  Owns: a Kafka client, made when first needed.
/// Blocks:  prepare() of a topic that is new here, up to 5 s for each of three questions.  Fails: admin::KafkaError.
class DeadLetterTopics {
 public:
  DeadLetterTopics(std::string bootstrap_servers, std::map<std::string, std::string> properties)
      : bootstrap_servers_(std::move(bootstrap_servers)), properties_(std::move(properties)) {}

  /// Makes sure that the dead letter's topic is there, and that the partition which it names is.
  void prepare(Output& dead_letter, const std::string& origin);

 private:
  int partitions_of(const std::string& topic, const std::string& origin);

  const std::string bootstrap_servers_;
  const std::map<std::string, std::string> properties_;
  std::optional<admin::KafkaAdmin> admin_;
  std::map<std::string, int> partitions_;
};

}  // namespace loom::kafka::stage
