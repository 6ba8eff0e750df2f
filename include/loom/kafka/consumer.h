#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loom/kafka/consumer_config.h"

namespace loom::kafka {

namespace stage {
class Membership;
}

/// A record, as it was in the log. Owns its bytes.
struct Record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Position {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;  ///< of the next record
};

/// What happened to the group while polling: first these partitions were lost, then those were gained.
struct Assignment {
  std::vector<Position> lost;
  std::vector<Position> gained;  ///< offsets are where reading begins; -1: where auto_offset_reset says
  std::int32_t rebalances = 0;   ///< how often the group shared the partitions out
};

/// A member of a consumer group that takes records in turns of `records_per_turn` and commits when it is told to.
/// With `enable_auto_commit` in its settings it also commits by itself what the turns before the last poll() held, and
/// close() what the last turn held: like Kafka's Java client, and at least once.
/// Threads: one at a time.  Owns: the Kafka client.
/// Blocks:  poll() up to its timeout, and up to 5 s more when partitions are assigned; commit() and
///          close() up to 10 s, or as told.
/// Fails:   std::runtime_error from the constructor (settings), and from poll() and commit() when the client is broken
///          for good (another process has its group.instance.id); what passes by itself is only logged.
class Consumer {
 public:
  /// `more_properties`: of librdkafka; they win over the settings.
  Consumer(const ConsumerConfig& config, const std::vector<std::string>& topics, const std::string& bootstrap_servers,
           const std::map<std::string, std::string>& more_properties = {});
  /// Leaves the group, if close() was not called; what the last turn held is not committed then.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// One turn: as soon as there are records, those that are there, at most records_per_turn. Empty when none come
  /// within `timeout`. Records of a partition that is taken away meanwhile are left out: its new owner gets them.
  std::vector<Record> poll(std::chrono::milliseconds timeout);
  /// What changed hands since the last call.
  Assignment take_assignment();
  /// False: not now (a rebalance is under way, no broker answers), which is logged. Whoever owns the partitions begins
  /// again from what was committed before, unless a later commit() goes through.
  bool commit(const std::vector<Position>& positions, std::chrono::milliseconds within = std::chrono::seconds(10));
  /// The end of each assigned partition, by what the client last heard; no request. Those that it has heard nothing of
  /// are left out.
  std::vector<std::pair<Position, std::int64_t>> positions_and_ends();
  /// Leaves the group. There is nothing to poll any more.
  void close(std::chrono::milliseconds within = std::chrono::seconds(10));

  [[nodiscard]] const ConsumerConfig& config() const;
  /// The one setting that can be changed while the client lives (see same_client()).
  void set_records_per_turn(std::int32_t records);
  [[nodiscard]] std::int32_t records_per_turn() const;

 private:
  friend class stage::Membership;  // it seeks, and a transaction needs the group's metadata
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::kafka
