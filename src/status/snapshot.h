#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "lag/lag.h"
#include "pipeline/counters.h"
#include "sink/writer_pool.h"
#include "source/client_statistics.h"
#include "status/health.h"

namespace loom::status {

/// A rate over two lengths of time, per second.
struct Rate {
  double last_second = 0;
  double last_minute = 0;
};

struct TopicStatus {
  std::string topic;
  std::string mapping;              ///< the entry of the mapping file: the topic, or a pattern that it matched
  std::vector<std::string> tables;  ///< its own first
  std::string state;                ///< running, stopped, waiting_for_plan; idle: no partition of it is here
  std::string reason;               ///< why it is stopped
  std::optional<double> next_try_seconds;
  std::vector<std::string> warnings;  ///< what it does not stop for, and somebody should know
  std::size_t partitions = 0;         ///< assigned here
  Rate messages;                      ///< taken from Kafka
  Rate rows;                          ///< stored
  std::optional<std::int64_t> lag;    ///< of the whole group, messages
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
  Rate messages;                    ///< over all topics
  Rate rows;
  std::shared_ptr<const lag::GroupLag> lag;  ///< never null
  bool reports_lag = false;                  ///< this replica exports the group's lag as metrics

  sink::PoolState pool;

  std::size_t resident_bytes = 0;
  std::size_t batch_bytes = 0;        ///< held by batches
  std::size_t batch_bytes_limit = 0;  ///< what they share

  std::uint64_t reloads = 0;  ///< applied since the start
  std::uint64_t refused_reloads = 0;
  std::vector<log::Recent> errors;  ///< newest first
  std::optional<source::ClientStatistics> kafka;
  const pipeline::Counters* counters = nullptr;  ///< never null; lives as long as the service
};

}  // namespace loom::status
