#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "admin/group_reader.h"
#include "admin/kafka_admin.h"
#include "lag/local_position.h"
#include "lag/reading.h"
#include "sink/offset_store.h"

namespace loom::lag {

struct SamplerSettings {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
  std::string group;
  std::string database_url;                   ///< empty: Kafka alone is asked
  std::chrono::milliseconds timeout{10'000};  ///< of each question to Kafka
  std::chrono::milliseconds seldom{10'000};   ///< for what changes slowly: owners, where the logs begin
  /// Ask Kafka which topics the group has offsets of: for a group that may not be ours. Not for a process that shall
  /// live long (see admin::GroupReader): there the database, this process, the group's members and `covers` tell.
  bool ask_for_topics = false;
  /// The group's topics; unset: those that it has offsets of. Asked `seldom`: matching patterns costs something.
  std::function<bool(const std::string& topic)> covers;
  /// Of the topics that the group has offsets of, those that count; unset: all do.
  std::function<bool(const std::string& topic)> is_ours{};
  const std::atomic<bool>* stop = nullptr;  ///< once it is set, nothing more is asked
};

/// Takes readings of a consumer group: where it stands, says Kafka, the database (which rules, since Kafka's are a copy
/// that may be some seconds old) and this process (which is newer than the database), where the logs begin and end, and
/// who owns what. A handful of requests each time, whatever the number of partitions.
/// Threads: one at a time.  Owns: Kafka clients, a database connection.
/// Blocks:  read() for a few questions' timeouts: when one is not answered and the time is up, the rest is not asked.
/// Fails:   WrongSetting from the constructor; read() notes what did not answer and says the rest.
class Sampler {
 public:
  explicit Sampler(SamplerSettings settings);

  Reading read(const LocalPositions& local);

  /// The records at these places, as admin::GroupReader::records().
  std::vector<admin::RecordAt> records(const std::vector<admin::TopicPartitionOffset>& places,
                                       std::chrono::milliseconds within) {
    return group_.records(places, within);
  }

 private:
  using Steady = std::chrono::steady_clock;

  template <typename Question>
  bool ask_kafka(Reading& reading, const Question& question);
  PartitionReading* find(Reading& reading, const std::string& topic, std::int32_t partition);
  bool covers(const std::string& topic);
  bool counts(const std::string& topic);
  void take_from_kafka(Reading& reading, const std::vector<admin::TopicPartitionOffset>& offsets);
  void read_database(Reading& reading);
  static void take(PartitionReading& entry, const LocalPosition& mine);
  void read_owners(Reading& reading);
  void mark_owners(Reading& reading);
  bool read_topics(Reading& reading);
  void add_partitions(Reading& reading);
  bool read_committed(Reading& reading);
  void read_ranges(Reading& reading);
  void read_ranges(Reading& reading, const std::vector<admin::TopicPartitionOffset>& partitions, bool begins);
  [[nodiscard]] std::optional<std::int32_t> leader_of(const PartitionKey& key) const;
  [[nodiscard]] std::set<PartitionKey> unknown(const Reading& reading) const;

  const SamplerSettings settings_;
  admin::KafkaAdmin admin_;
  admin::GroupReader group_;
  std::unique_ptr<sink::OffsetStore> store_;
  Steady::time_point ask_until_;
  Steady::time_point database_not_before_;
  std::string database_error_;
  std::set<std::string> topics_;  // of the last reading
  std::unordered_map<std::string, bool> covered_;
  Steady::time_point covered_until_;

  // The cluster's topics change seldom and are a large answer, so they are asked for now and then.
  std::map<std::string, std::vector<std::int32_t>> leaders_;
  std::set<PartitionKey> not_there_;  // when they were last asked for
  Steady::time_point leaders_until_;

  Steady::time_point begins_until_;
  std::size_t begins_of_ = 0;  // partitions

  // So are owners, for every broker is asked. While something with lag has none, each time.
  std::optional<std::set<PartitionKey>> owned_;  // nothing: not known
  bool owners_are_fresh_ = false;
  Steady::time_point owners_until_;
};

}  // namespace loom::lag
