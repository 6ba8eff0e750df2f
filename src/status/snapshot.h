#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "batch/cause.h"
#include "lag/lag.h"
#include "lag/waiting_dead_letters.h"
#include "pipeline/counters.h"
#include "registry/schema_cache.h"
#include "sink/writer_pool.h"
#include "source/client_statistics.h"
#include "status/health.h"

namespace loom::status {

/// A rate over two lengths of time, per second.
struct Rate {
  double last_second = 0;
  double last_minute = 0;
};

/// What was counted in the last minute, or in what there is of it.
struct Window {
  double seconds = 0;
  std::uint64_t messages = 0;      ///< taken from Kafka
  std::uint64_t stored = 0;        ///< messages committed, as rows or as dead letters
  std::uint64_t rows = 0;          ///< committed
  std::uint64_t dead_letters = 0;  ///< of the stored
  std::uint64_t retries = 0;       ///< attempts that were not committed

  /// Of the stored messages, 0 to 1.
  [[nodiscard]] double dead_letter_share() const {
    const std::uint64_t of = std::max(stored, dead_letters);
    return of == 0 ? 0 : static_cast<double>(dead_letters) / static_cast<double>(of);
  }
};

/// What keeps something from being stored.
struct Trouble {
  batch::Cause cause = batch::Cause::other;
  double since_seconds = 0;
  std::vector<std::string> topics{};  ///< of this replica; none: it is not known of one yet
  std::string says{};                 ///< in the server's own words
  bool others_store = false;          ///< this replica has stored something since it began
};

/// A configuration that was not taken; it is shown until one is.
struct RefusedReload {
  double since_seconds = 0;
  std::vector<std::string> errors;  ///< never empty
  bool tried_again = false;         ///< by itself: the database's tables may come to fit
};

struct TopicStatus {
  std::string topic;
  std::string mapping;              ///< the entry of the mapping file: the topic, or a pattern that it matched
  std::vector<std::string> tables;  ///< its own first
  std::string state;                ///< running, stopped, waiting_for_plan; idle: no partition of it is here
  std::string reason;               ///< why it is stopped
  std::optional<double> next_try_seconds;
  std::optional<Trouble> trouble;     ///< what keeps it from being stored, also while it is not stopped
  std::vector<std::string> warnings;  ///< what it does not stop for, and somebody should know
  std::size_t partitions = 0;         ///< assigned here
  Rate messages;                      ///< taken from Kafka
  Rate rows;                          ///< stored
  Window minute;
  std::optional<std::int64_t> lag;  ///< of the whole group, messages
  double lag_seconds = 0;
  std::optional<double> catch_up_seconds;
  lag::State lag_state = lag::State::unknown;
  const pipeline::TopicCounters* counters = nullptr;  ///< nullptr: nothing was ever taken. Lives as long as the service
};

/// A partition that this replica owns.
struct OwnedPartition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t stored = 0;   ///< the next offset to be stored
  std::int64_t next = 0;     ///< the next offset to be taken
  std::int64_t backlog = 0;  ///< messages after `next`
  bool leaving = false;
};

/// Everything that a reader can see of the service, at one moment: /status, /topics and /metrics are all made of this.
struct Snapshot {
  std::string version;
  std::int64_t wall_us = 0;
  double uptime_seconds = 0;

  // The group
  std::string group;
  std::string member;  ///< this member's id; empty until it has joined
  std::string state;   ///< starting, joining, waiting_for_database, no_topics, consuming, leaving
  std::vector<OwnedPartition> assignment;
  std::map<std::string, std::string> settings;  ///< how it consumes, by librdkafka's and our own dotted names

  Health health;
  std::vector<TopicStatus> topics;  ///< by name
  std::vector<Trouble> troubles;    ///< of the database, the one that explains the others first
  Rate messages;                    ///< over all topics
  Rate rows;
  Window minute;
  std::shared_ptr<const lag::GroupLag> lag;                             ///< never null
  std::shared_ptr<const lag::WaitingDeadLetters> waiting_dead_letters;  ///< of the whole group; null: not known
  bool reports_lag = false;  ///< this replica exports the group's lag as metrics

  sink::PoolState pool;
  double pool_full_seconds = 0;  ///< how long all connections have been busy and batches have waited

  std::size_t resident_bytes = 0;
  std::size_t batch_bytes = 0;        ///< held by batches
  std::size_t batch_bytes_limit = 0;  ///< what they share

  std::uint64_t reloads = 0;  ///< applied since the start
  std::uint64_t refused_reloads = 0;
  std::optional<RefusedReload> refused_reload;  ///< nothing: the last one was taken
  std::vector<log::Recent> errors;              ///< newest first
  std::optional<source::ClientStatistics> kafka;
  std::optional<registry::RegistryState> registry;  ///< nothing: there is no schema registry
  const pipeline::Counters* counters = nullptr;     ///< never null; lives as long as the service
};

}  // namespace loom::status
