#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "lag/lag.h"

namespace loom::lag {

/// A look from outside, at any group: what the `lag` command does.
struct LookOptions {
  std::string bootstrap_servers;
  std::map<std::string, std::string> rdkafka;
  std::string group;
  std::string database_url;                                 ///< empty: Kafka alone is asked
  std::function<bool(const std::string& topic)> is_ours{};  ///< others' are not shown; unset: all are
};

/// One look. It has no rates, and of the states only those that a single sample tells: ok without lag, stop when there
/// is lag and nobody owns the partition, else unknown.
/// Blocks:  up to some tens of seconds when a server does not answer.
/// Fails:   KafkaError, WrongSetting; a database that does not answer is a note.
GroupLag read_lag(const LookOptions& options);

/// Looks again and again until `stop`.
/// Fails: as read_lag, at the first look; later failures are notes.
void watch_lag(const LookOptions& options, std::chrono::milliseconds interval, const std::atomic<bool>& stop,
               const std::function<void(const GroupLag&)>& show);

}  // namespace loom::lag
