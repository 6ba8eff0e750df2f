#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "admin/kafka_admin.h"

namespace loom::admin {

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
/// the timeout (its issue 4605, not mended in 2.14.2).
/// Threads: one at a time, and none in its KafkaAdmin meanwhile.
/// Owns:    a message of each partition while records() looks.
/// Blocks:  each call up to `timeout`, records() up to `within`.
/// Fails:   KafkaError that names the brokers; of records() each partition for itself.
class GroupReader {
 public:
  /// What the client needs: the user's properties, but those for throughput, which would fetch megabytes for each
  /// record.
  static std::map<std::string, std::string> properties(std::map<std::string, std::string> users,
                                                       const std::string& group);

  /// Over the client of `admin`, which must live longer and have been made with properties().
  GroupReader(KafkaAdmin& admin, std::string group, std::chrono::milliseconds timeout);

  /// What the group has committed, of those of `partitions` that it committed anything for.
  std::vector<TopicPartitionOffset> committed(const std::vector<TopicPartitionOffset>& partitions);

  /// Who owns what now. A group that does not exist owns nothing.
  GroupAssignment assignment();

  /// In the order of `places`, no partition twice. Each costs a fetch of up to 1 MiB, so ask for few.
  std::vector<RecordAt> records(const std::vector<TopicPartitionOffset>& places, std::chrono::milliseconds within);

 private:
  std::vector<RecordAt> records_at_once(const std::vector<TopicPartitionOffset>& places,
                                        std::chrono::steady_clock::time_point deadline);
  [[noreturn]] void fail(const std::string& what, int error) const;

  KafkaAdmin& admin_;
  const std::string group_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace loom::admin
