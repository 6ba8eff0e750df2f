#include "control/lag.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "control/database_url.h"
#include "control/kafka_admin.h"
#include "sink/offset_store.h"

namespace loom::control {
namespace {

using Key = std::pair<std::string, std::int32_t>;
using PartitionMap = std::map<Key, PartitionLag>;

void put(PartitionMap& partitions, const std::string& topic, std::int32_t partition, std::int64_t committed,
         OffsetOrigin origin) {
  PartitionLag& entry = partitions[{topic, partition}];
  entry.topic = topic;
  entry.partition = partition;
  entry.committed = committed;
  entry.origin = origin;
}

void read_database(const LagOptions& options, PartitionMap& partitions, std::vector<std::string>& notes) {
  if (options.database_url.empty()) return;
  try {
    sink::OffsetStore store(options.database_url, options.group);
    for (const sink::StoredPosition& stored : store.load_all()) {
      put(partitions, stored.where.topic, stored.where.partition, stored.next_offset, OffsetOrigin::database);
    }
  } catch (const std::exception& error) {
    notes.push_back("the database's offsets are not known, so Kafka's are shown: " +
                    without_secrets(error.what(), options.database_url));
  }
}

/// The partitions of these topics that the group has committed nothing for.
void add_uncommitted(KafkaAdmin& admin, PartitionMap& partitions) {
  std::set<std::string> topics;
  for (const auto& [key, entry] : partitions) topics.insert(key.first);
  for (const std::string& topic : topics) {
    const int count = admin.partition_count(topic).value_or(0);
    for (std::int32_t partition = 0; partition < count; ++partition) {
      PartitionLag& entry = partitions[{topic, partition}];
      entry.topic = topic;
      entry.partition = partition;
    }
  }
}

void add_ends(KafkaAdmin& admin, PartitionMap& partitions) {
  std::vector<TopicPartitionOffset> wanted;
  for (const auto& [key, entry] : partitions) wanted.push_back({key.first, key.second, 0});
  for (const TopicPartitionOffset& end : admin.end_offsets(wanted))
    partitions[{end.topic, end.partition}].end = end.offset;
}

/// Without a commit the group begins at the first message that is there.
std::int64_t begin_of(KafkaAdmin& admin, const PartitionLag& entry) {
  const auto range = admin.range_of_log(entry.topic, entry.partition);
  return range ? range->begin : 0;
}

}  // namespace

std::int64_t LagReport::total() const {
  std::int64_t sum = 0;
  for (const PartitionLag& partition : partitions) sum += partition.lag.value_or(0);
  return sum;
}

LagReport read_lag(const LagOptions& options) {
  KafkaAdmin admin(options.bootstrap_servers, options.rdkafka);
  LagReport report;
  report.group = options.group;
  PartitionMap partitions;
  for (const TopicPartitionOffset& committed : admin.committed(options.group)) {
    put(partitions, committed.topic, committed.partition, committed.offset, OffsetOrigin::kafka);
  }
  read_database(options, partitions, report.notes);
  add_uncommitted(admin, partitions);
  // The ends come last: an offset read before them cannot be ahead of them, save for a topic that was made again.
  add_ends(admin, partitions);
  for (auto& [key, entry] : partitions) {
    if (entry.end) entry.lag = std::max<std::int64_t>(0, *entry.end - entry.committed.value_or(begin_of(admin, entry)));
    report.partitions.push_back(std::move(entry));
  }
  return report;
}

void watch_lag(const LagOptions& options, std::chrono::milliseconds interval, const std::atomic<bool>& stop,
               const std::function<void(const LagReport&)>& show) {
  show(read_lag(options));
  while (!stop.load()) {
    const auto next = std::chrono::steady_clock::now() + interval;
    while (!stop.load() && std::chrono::steady_clock::now() < next) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (stop.load()) return;
    try {
      show(read_lag(options));
    } catch (const KafkaError& error) {
      show({options.group, {}, {error.what()}});
    }
  }
}

}  // namespace loom::control
