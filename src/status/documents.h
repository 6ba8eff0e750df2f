#pragma once

#include <string>
#include <vector>

#include "status/snapshot.h"

namespace loom::status {

/// The documents of the HTTP API, described key by key in docs/http.md. Pure, but for the process metrics, which
/// metrics_text() reads from /proc.
std::string status_json(const Snapshot& snapshot);
std::string topics_json(const Snapshot& snapshot);
/// The Prometheus text format, version 0.0.4; every name is in docs/metrics.md.
std::string metrics_text(const Snapshot& snapshot);

/// Whether the replica can get to work: database and Kafka answer, the database takes what it is given, and it has its
/// partitions (or there are none for it).
struct Readiness {
  bool ready = false;
  std::string json;
};
Readiness readiness(const Snapshot& snapshot);

/// Totals, a second each, oldest first: what the page's charts begin with.
struct HistoryPoint {
  std::int64_t wall_us = 0;
  double messages_per_second = 0;
  double rows_per_second = 0;
  std::int64_t lag = 0;
};
std::string history_json(const std::vector<HistoryPoint>& points);

}  // namespace loom::status
