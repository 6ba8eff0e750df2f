#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/kafka_admin.h"

namespace loom::control {

/// Which partitions the members of a group own.
struct GroupAssignment {
  bool settled = true;  ///< false: they are sharing them out at this moment, and nobody can say
  std::vector<TopicPartitionOffset> owned;
};

/// What a log holds at an offset, or at the next one that has a message.
struct RecordAt {
  enum class Answer : std::uint8_t {
    none,   ///< it was not answered in time
    found,  ///< timestamp_ms is the message's; -1: it carries none
    end     ///< no message (that a reader of committed ones may see) from there to the end of the log
  };
  Answer answer = Answer::none;
  std::int64_t timestamp_ms = -1;
};

/// Questions about a consumer group, and the records that it has before it, by a consumer that never joins it and
/// commits nothing. Made to be asked again and again for weeks: KafkaAdmin's questions about groups are not, since
/// librdkafka remembers a group's coordinator for good there, and can abort the process when one answers after
/// the timeout (its issue 4605).
/// Threads: one at a time.  Owns: a client; a message of each partition while records() looks.
/// Blocks:  each call up to `timeout`, records() up to `within`.
/// Fails:   KafkaError that names the brokers; of records() each partition for itself.
class GroupReader {
 public:
  GroupReader(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
              const std::string& group, std::chrono::milliseconds timeout);
  ~GroupReader();
  GroupReader(const GroupReader&) = delete;
  GroupReader& operator=(const GroupReader&) = delete;

  /// What the group has committed, of those of `partitions` that it committed anything for.
  std::vector<TopicPartitionOffset> committed(const std::vector<TopicPartitionOffset>& partitions);

  /// Who owns what now. A group that does not exist owns nothing.
  GroupAssignment assignment();

  /// In the order of `places`, no partition twice. Each costs a fetch of at least one batch as its producer sent it,
  /// so ask for few.
  std::vector<RecordAt> records(const std::vector<TopicPartitionOffset>& places, std::chrono::milliseconds within);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::control
